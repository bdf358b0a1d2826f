// @ts-check
// What the mock planner says of a script.

/** Findings of words that a tester types: FORM for FROM, and a column that no table has.
 * @param {string} sql @returns {import('../app/api').Finding[]} */
export function check(sql) {
  /** @type {import('../app/api').Finding[]} */
  const findings = [];
  sql.split('\n').forEach((text, index) => {
    const line = index + 1;
    const form = text.indexOf('FORM ');
    if (form >= 0) {
      findings.push({
        code: 'syntax',
        severity: 'error',
        line,
        column: form + 1,
        endLine: line,
        endColumn: form + 5,
        message: "Syntax: 'FORM' was not expected here.",
        suggestion: 'Did you mean FROM?',
        detail: `SQL parse failed. Encountered "FORM" at line ${line}, column ${form + 1}.\nWas expecting one of:\n    <EOF>\n    "FROM" ...\n    "," ...`,
      });
    }
    const column = text.indexOf('pruduct');
    if (column >= 0) {
      findings.push({
        code: 'unknown_column',
        severity: 'error',
        line,
        column: column + 1,
        endLine: line,
        endColumn: column + 8,
        message: "There is no column 'pruduct' in any table.",
        suggestion: "Did you mean 'product'?",
      });
    }
    const select = text.indexOf('SELECT *');
    if (select >= 0) {
      findings.push({
        code: 'select_star',
        severity: 'warning',
        line,
        column: select + 1,
        endLine: line,
        endColumn: select + 9,
        message: 'SELECT * breaks the state when the table gets another column.',
      });
    }
  });
  return findings;
}
