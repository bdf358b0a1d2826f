import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import en from '../locales/en.json';
import zh from '../locales/zh.json';

const APP = path.resolve(import.meta.dirname);

function sources(folder = APP): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return name === path.join(APP, 'api') ? [] : sources(name);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [name] : [];
  });
}

const parse = (file: string) =>
  ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.ES2023,
    true,
    file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );

const trees = sources().map(parse);

function visit(node: ts.Node, see: (node: ts.Node) => void) {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/** Keys that are asked for: whole ones, and the beginnings and ends of those made of parts. */
function asked() {
  const whole = new Set<string>();
  const made: { head: string; tail: string }[] = [];
  const take = (argument: ts.Expression) => {
    if (ts.isStringLiteralLike(argument)) whole.add(argument.text);
    else if (ts.isConditionalExpression(argument)) [argument.whenTrue, argument.whenFalse].forEach(take);
    else if (ts.isTemplateExpression(argument))
      made.push({ head: argument.head.text, tail: argument.templateSpans.at(-1)?.literal.text ?? '' });
  };
  for (const tree of trees) {
    visit(tree, (node) => {
      if (ts.isCallExpression(node) && node.expression.getText() === 't' && node.arguments[0]) take(node.arguments[0]);
    });
  }
  return { whole, made };
}

const bare = (key: string) => key.replace(/_(one|other)$/, '');

describe('the languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
  });

  it('leave no text empty', () => {
    for (const texts of [en, zh]) expect(Object.entries(texts).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('fill in the same values', () => {
    const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
    for (const [key, text] of Object.entries(en)) expect([key, holes(zh[key as keyof typeof zh])]).toEqual([key, holes(text)]);
  });

  it('have every key that is asked for, and no other', () => {
    const { whole, made } = asked();
    const keys = [...new Set(Object.keys(en).map(bare))];
    expect([...whole].filter((key) => !keys.includes(key))).toEqual([]);
    const used = (key: string) =>
      whole.has(key) || made.some(({ head, tail }) => key.length > head.length + tail.length && key.startsWith(head) && key.endsWith(tail));
    expect(keys.filter((key) => !used(key))).toEqual([]);
    for (const { head } of made) expect(keys.some((key) => key.startsWith(head))).toBe(true);
  });
});

describe('text on the screen', () => {
  const SHOWN = ['title', 'label', 'placeholder', 'aria-label', 'alt', 'okText', 'cancelText', 'description'];
  // Names that are the same in every language, and examples of addresses.
  const NAMES = [/^Flink$/, /^https?:/, /^\/opt\//];

  it('comes from the languages', () => {
    const found: string[] = [];
    const note = (node: ts.Node, text: string) => {
      const words = text.trim();
      if (!/\p{L}{2}/u.test(words) || NAMES.some((name) => name.test(words))) return;
      const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
      found.push(`${path.relative(APP, node.getSourceFile().fileName)}:${line + 1} ${words}`);
    };
    for (const tree of trees) {
      visit(tree, (node) => {
        if (ts.isJsxText(node)) note(node, node.text);
        if (ts.isJsxAttribute(node) && SHOWN.includes(node.name.getText()) && node.initializer && ts.isStringLiteral(node.initializer)) {
          note(node, node.initializer.text);
        }
      });
    }
    expect(found.filter((text) => !/ (Flink|· Flink)$/.test(text))).toEqual([]);
  });
});
