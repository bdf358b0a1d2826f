import type { ReactNode } from 'react';

/** One question of a dialog, numbered. */
export function Question({ number, title, htmlFor, children }: { number: number; title: string; htmlFor?: string; children: ReactNode }) {
  return (
    <fieldset className="question">
      <legend>
        <span className="question-number" aria-hidden="true">
          {number}
        </span>
        {htmlFor ? <label htmlFor={htmlFor}>{title}</label> : title}
      </legend>
      {children}
    </fieldset>
  );
}
