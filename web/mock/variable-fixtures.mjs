// @ts-check
// Variables: plain ones and secrets, long ones, used and not, with jobs that have the earlier value.
import { ago, id, other, person } from './fixtures.mjs';

/** @typedef {import('../app/api').Variable} Variable */

/** @param {number} n @param {string} name @param {Partial<Variable>} more @returns {Variable} */
const variable = (n, name, more) => ({
  id: id('variable', n),
  name,
  secret: false,
  value: '',
  description: '',
  revision: 1,
  changedAt: ago(n * 40_000),
  changedBy: person,
  usedBy: [],
  ...more,
});

/** @param {number} n @param {string} job @param {Partial<Variable['usedBy'][number]>} [more] */
const user = (n, job, more) => ({ jobId: id('job', n), job, draft: true, ...more });

/** @type {Variable[]} */
export const variables = [
  variable(1, 'kafka.brokers', {
    value: 'kafka-1.example.com:9092,kafka-2.example.com:9092,kafka-3.example.com:9092',
    description: 'The brokers of the production cluster',
    revision: 4,
    usedBy: [user(1, 'orders per minute', { release: 3, need: 'release' }), user(3, 'clicks', { release: 1 })],
  }),
  variable(2, 'kafka.password', {
    secret: true,
    value: undefined,
    description: 'SASL password of the user streamwright',
    revision: 2,
    changedBy: other,
    usedBy: [user(1, 'orders per minute', { release: 3, need: 'restart' })],
  }),
  variable(3, 'warehouse.region', { value: '华东-1' }),
  variable(4, 'a-name-that-is-as-long-as-names-may-be.'.repeat(3), { value: 'SELECT\n  1', description: '一个很长的说明。'.repeat(12) }),
  variable(5, 'nothing', {}),
];
