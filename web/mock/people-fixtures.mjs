// @ts-check
// People as the mock API answers them.
import { id, me, other, person } from './fixtures.mjs';

const ago = (/** @type {number} */ hours) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** @type {import('../app/api').Account[]} */
export const users = [
  { id: person.id, name: person.name, platformAdmin: true, passwordSet: true, createdAt: ago(2000) },
  { id: other.id, name: other.name, platformAdmin: false, passwordSet: true, createdAt: ago(1200) },
  { id: id('user', 3), name: 'Zoë Ångström', platformAdmin: false, passwordSet: false, createdAt: ago(20) },
  { id: id('user', 4), name: 'old.hand', platformAdmin: false, passwordSet: true, createdAt: ago(9000), disabledAt: ago(100) },
];

/** @type {import('../app/api').Team[]} */
export const teams = [
  ...me.teams.map(({ id, name }) => ({ id, name, createdAt: ago(3000) })),
  { id: id('team', 3), name: 'closed', createdAt: ago(8000), disabledAt: ago(50) },
];

/** @type {import('../app/api').Member[]} */
export const members = [
  { userId: person.id, name: person.name, role: 'team_admin', disabled: false },
  { userId: other.id, name: other.name, role: 'developer', disabled: false },
  { userId: id('user', 4), name: 'old.hand', role: 'viewer', disabled: true },
];

/** @type {import('../app/api').Invitation[]} */
export const invitations = [
  { id: id('invitation', 1), role: 'operator', note: 'Night shift', createdBy: person, createdAt: ago(3), expiresAt: ago(-69) },
];

/** @type {import('../app/api').AuditEntry[]} */
export const audit = [
  {
    id: id('audit', 3),
    at: ago(0.1),
    by: other,
    token: { id: id('token', 1), name: 'CI of the orders team' },
    team: { id: id('team', 1), name: 'demo' },
    operation: 'changeJob',
    noun: 'job',
    nounId: id('job', 1),
    nounName: 'orders',
    address: '192.0.2.17',
    before: { name: 'order', description: '' },
    after: { name: 'orders', description: 'Orders per minute' },
    status: 200,
  },
  {
    id: id('audit', 2),
    at: ago(2),
    by: other,
    team: { id: id('team', 1), name: 'demo' },
    operation: 'setMember',
    noun: 'user',
    nounId: other.id,
    nounName: other.name,
    address: '2001:db8::17',
    status: 403,
    code: 'role_too_low',
  },
  {
    id: id('audit', 1),
    at: ago(30),
    operation: 'signIn',
    noun: 'account',
    nounName: 'admin',
    address: '203.0.113.9',
    status: 401,
    code: 'wrong_password',
  },
];
