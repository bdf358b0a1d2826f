// @ts-check
// The mock API's routes: enough of the server's behaviour to look at every page and to walk through the main path.
import { list, problem } from './answers.mjs';
import { spec as applicationSpec, applications, ownClusters, programSpec } from './application-fixtures.mjs';
import { artifacts, uploads, versionsOf } from './artifact-fixtures.mjs';
import { check } from './check.mjs';
import { clusters, found } from './cluster-fixtures.mjs';
import { actionsOf, id, installations, jobs, me, other, person, sessions, starting, tokens, versions } from './fixtures.mjs';
import * as one from './job-fixtures.mjs';
import { manifests } from './manifest-fixtures.mjs';
import * as night from './message-fixtures.mjs';
import * as people from './people-fixtures.mjs';
import { report, targets, teamTargets } from './target-fixtures.mjs';
import { variables } from './variable-fixtures.mjs';

/** @typedef {import('./answers.mjs').Request} Request */
/** @typedef {import('./answers.mjs').Answer} Answer */

jobs.push(...applications);
let sequence = 100;
let nextId = 500;
/** @type {Set<(change: object) => void>} */
export const listeners = new Set();
/** @param {string} noun @param {string} changed @param {string} [jobId] */
function changed(noun, changed, jobId) {
  sequence++;
  for (const tell of listeners) tell({ sequence, noun, id: changed, ...(jobId ? { jobId } : {}) });
}

/** @type {Map<string, import('../app/api').Draft[]>} */
const drafts = new Map();
/** @param {string} job */
function draftsOf(job) {
  const found = drafts.get(job);
  if (found) return found;
  const made = [1, 2, 3, 4].map((revision) => ({
    jobId: job,
    revision,
    spec:
      job === applications[1]?.id
        ? programSpec
        : {
            ...(applications.some(({ id }) => id === job) ? applicationSpec : one.spec),
            sql: revision < 4 ? one.SQL.replace(', SUM(amount)', '') : one.SQL,
          },
    savedBy: revision === 2 ? other : person,
    savedAt: new Date(Date.now() - (5 - revision) * 4_000_000).toISOString(),
  }));
  drafts.set(job, made);
  return made;
}

/** @param {string} name */
const jobOf = (name) => jobs.find((job) => job.id === name || job.name === name);

/** Moves a job's state on after a moment, as the engine would.
 * @param {import('../app/api').Job} job @param {import('../app/api').Label} first @param {import('../app/api').Label} then @param {import('../app/api').Operation} operation */
function move(job, first, then, operation) {
  /** @param {import('../app/api').Label} label @param {string} sentence */
  const set = (label, sentence) => {
    job.status = {
      ...job.status,
      label,
      sentence,
      since: new Date().toISOString(),
      evidence: 'JobManager REST',
      evidenceAt: new Date().toISOString(),
      conditions: [],
    };
    job.actions = actionsOf(label);
    changed('job', job.id, job.id);
  };
  job.operation = operation;
  set(first, 'Under way.');
  setTimeout(() => {
    const now = new Date().toISOString();
    job.operation = undefined;
    Object.assign(operation, { state: 'succeeded', endedAt: now });
    for (const step of operation.steps) step.endedAt ??= now;
    if (job.run)
      Object.assign(
        job.run,
        then === 'running'
          ? { endedAt: undefined, outcome: undefined, releaseNumber: job.releaseNumber }
          : { endedAt: now, outcome: 'stopped' },
      );
    set(then, then === 'running' ? 'All 4 tasks run.' : 'Stopped with a savepoint by admin.');
    changed('operation', operation.id, job.id);
  }, 2_000);
}

/** @param {import('../app/api').Job} job @param {'start' | 'stop' | 'savepoint' | 'replace' | 'delete'} kind @param {string[]} steps @param {Record<string, unknown>} request @returns {import('../app/api').Operation} */
function operationOf(job, kind, steps, request) {
  const now = new Date().toISOString();
  const operation = {
    ...starting,
    id: id('operation', nextId++),
    kind,
    jobId: job.id,
    state: /** @type {const} */ ('running'),
    request,
    steps: steps.map((name) => ({ name, startedAt: now, detail: 'mock' })),
    createdAt: now,
    deadlineAt: new Date(Date.now() + 180_000).toISOString(),
  };
  one.operations.unshift(operation);
  return operation;
}

/** @param {string} rest @param {import('../app/api').Job} job @param {Request} request @returns {Answer | undefined} */
function jobRoute(rest, job, { method, body, ifMatch }) {
  const all = draftsOf(job.id);
  const newest = all.at(-1);
  if (rest === '' && method === 'GET') return { body: job };
  if (rest === '' && method === 'PATCH') return { body: Object.assign(job, body) };
  if (rest === '' && method === 'DELETE') {
    jobs.splice(jobs.indexOf(job), 1);
    changed('job', job.id, job.id);
    return { status: 202, body: operationOf(job, 'delete', ['delete'], {}) };
  }
  if (rest === '/draft' && method === 'GET') return { body: newest };
  if (rest === '/draft' && method === 'PUT' && newest) {
    if (ifMatch !== '*' && ifMatch !== `"${newest.revision}"`) {
      return problem(412, 'draft_conflict', `The draft is at revision ${newest.revision}.`, { current: newest });
    }
    const saved = {
      jobId: job.id,
      revision: newest.revision + 1,
      spec: { args: [], jars: [], mode: /** @type {const} */ ('session'), configuration: {}, ...body },
      savedBy: person,
      savedAt: new Date().toISOString(),
    };
    all.push(saved);
    job.draftRevision = saved.revision;
    changed('draft', job.id, job.id);
    return { body: saved };
  }
  if (rest === '/drafts') return list(all.map(({ spec: _, ...draft }) => draft).reverse());
  const revision = /^\/drafts\/(\d+)$/.exec(rest)?.[1];
  if (revision) return { body: all.find((draft) => draft.revision === Number(revision)) };
  // Somebody else saves a revision: for looking at the conflict.
  if (rest === '/mock-save' && newest) {
    all.push({
      ...newest,
      revision: newest.revision + 1,
      savedBy: other,
      spec: { ...newest.spec, sql: `${newest.spec.sql}-- checked by Li Wei\n` },
      savedAt: new Date().toISOString(),
    });
    changed('draft', job.id, job.id);
    return { body: {} };
  }
  if (rest === '/manifests') return { body: manifests };
  if (rest === '/releases' && method === 'GET') {
    const own = applications.some(({ id }) => id === job.id);
    const releases = own ? one.releases.map(({ clusterId: _, ...release }) => release) : one.releases;
    return list(job.releaseNumber === 0 ? [] : releases);
  }
  if (rest === '/releases') {
    const findings = check(newest?.spec.sql ?? '');
    if (findings.some((finding) => finding.severity === 'error') && body.overrideErrors !== true) {
      return problem(422, 'check_failed', 'Flink would refuse the script.', { findings });
    }
    const first = one.releases[0];
    const made = {
      ...first,
      number: job.releaseNumber + 1,
      id: id('release', job.releaseNumber + 1),
      note: String(body.note ?? ''),
      createdAt: new Date().toISOString(),
      spec: newest?.spec,
      name: job.name,
      statements: 3,
      findings,
    };
    job.releaseNumber = made.number;
    if (job.status.label === 'draft')
      Object.assign(job, {
        status: { ...job.status, label: 'stopped', sentence: 'Released, not started.' },
        actions: actionsOf('stopped'),
      });
    one.releases.unshift(/** @type {import('../app/api').Release} */ (made));
    changed('release', made.id, job.id);
    return { status: 201, body: made };
  }
  if (/^\/releases\/\d+\/diff$/.test(rest)) return { body: one.diff };
  const number = /^\/releases\/(\d+)$/.exec(rest)?.[1];
  if (number) {
    const release = one.releases.find((found) => found.number === Number(number));
    const sql = number === '3' ? one.SQL : one.SQL.replace(', SUM(amount)', '');
    return { body: { ...release, name: job.name, spec: { ...one.spec, sql }, statements: 3, artifacts: one.artifacts, findings: [] } };
  }
  if (rest === '/start') {
    const operation = operationOf(job, 'start', ['submit'], { state: body.state });
    move(job, 'starting', 'running', operation);
    return { status: 202, body: operation };
  }
  if (rest === '/stop' || rest === '/replace') {
    const operation = operationOf(job, rest === '/stop' ? 'stop' : 'replace', ['savepoint'], { stop: body.mode ?? body.stop });
    move(job, rest === '/stop' ? 'stopping' : 'restarting', rest === '/stop' ? 'stopped' : 'running', operation);
    return { status: 202, body: operation };
  }
  if (rest === '/savepoint')
    return problem(409, 'operation_running', 'A savepoint of this job is being taken already.', { hint: 'Wait until it has ended.' });
  if (rest === '/operations') return list(job.id === id('job', 4) ? [starting] : one.operations);
  if (rest === '/events') return list(one.events);
  if (rest === '/snapshots') return list(job.status.label === 'draft' ? [] : one.snapshots);
  if (rest === '/graph') return { body: one.graph };
  if (rest === '/checkpoints') return { body: one.checkpoints };
  if (rest === '/exceptions') return list(one.exceptions);
  if (rest === '/configuration') {
    const effective = {
      ...one.spec.configuration,
      'execution.checkpointing.interval': '30000 ms',
      'pipeline.name': job.name,
      'parallelism.default': '2',
      'taskmanager.numberOfTaskSlots': '4',
      'rest.port': '35081',
    };
    return {
      body: job.run?.endedAt
        ? { declared: one.spec.configuration, reason: 'The job does not run, so there is no effective configuration.' }
        : { declared: one.spec.configuration, effective },
    };
  }
  if (rest === '/runs') return list(job.run ? night.runs : []);
  const kept = /^\/runs\/([^/]+)\/evidence(\/log)?$/.exec(rest);
  if (kept) {
    const evidence = night.evidenceOf(kept[1] ?? '');
    if (!evidence)
      return problem(404, 'no_evidence', 'Nothing was kept of this run: it never ran on a cluster, or ended before evidence was kept.');
    return { body: kept[2] ? { process: 'jobmanager', file: 'jobmanager.log', text: one.logText, source: 'kept' } : evidence };
  }
  if (rest === '/logs') return list(one.logFiles);
  if (rest === '/logs/tail') return { body: { process: 'jobmanager', file: 'jobmanager.log', text: one.logText, source: 'rest' } };
  return undefined;
}

/** @param {string} rest @param {import('../app/api').Cluster} cluster @returns {Answer | undefined} */
function clusterRoute(rest, cluster) {
  if (rest === '') return { body: cluster };
  if (rest === '/connection/test')
    return {
      body: {
        outcome: 'tls',
        sentence:
          "https://flink-staging.example:8081/config: its certificate is signed by an authority that is not trusted here: give that authority's certificate (the CA certificate) (invalid peer certificate: UnknownIssuer).",
      },
    };
  if (rest === '/logs') return list(cluster.target === 'kubernetes' ? one.podLogs : one.logFiles);
  if (rest === '/logs/tail') return { body: { process: 'jobmanager', file: 'jobmanager.log', text: one.logText, source: 'rest' } };
  if (rest === '/operations' || rest === '/events') return list([]);
  if (rest === '/start' || rest === '/stop')
    return { status: 202, body: { ...starting, kind: 'cluster_start', id: id('operation', nextId++) } };
  return undefined;
}

/** @param {string} path @param {Request} request @returns {Answer | undefined} */
function teamRoute(path, request) {
  if (path === '/jobs' && request.method === 'GET') return list(jobs);
  if (path === '/jobs') {
    const name = String(request.body.name ?? '');
    if (jobOf(name)) return problem(409, 'name_taken', `There is a job '${name}' in this team already.`, { field: 'name' });
    const job = /** @type {import('../app/api').Job} */ (structuredClone(jobOf('new idea')));
    Object.assign(job, { id: id('job', nextId++), name });
    jobs.push(job);
    const spec = { ...one.spec, configuration: {}, parallelism: undefined, sql: '' };
    drafts.set(job.id, [{ jobId: job.id, revision: 1, spec, savedBy: person, savedAt: new Date().toISOString() }]);
    return { status: 201, body: job };
  }
  if (path === '/artifacts') return list(artifacts);
  if (path === '/connection-test') return { body: { outcome: 'answers', flinkVersion: '1.20.5', sentence: 'Flink 1.20.5 answers.' } };
  if (path === '/variables' && request.method === 'GET') return list(variables);
  if (path === '/variables/kafka.brokers') return { body: variables[0] };
  if (path === '/clusters' && request.method === 'GET') return list(clusters);
  if (path === '/clusters')
    return problem(400, 'port_in_use', 'Port 8081 is in use on this host.', {
      field: 'configuration.rest.port',
      hint: 'Choose another port or leave the key out.',
    });
  if (path === '/artifacts') {
    const name = request.query.get('name');
    return list(name === null ? artifacts : versionsOf(name));
  }
  if (path === '/uploads' && request.method === 'GET') return list(uploads);
  if (path === '/uploads') {
    const { fileName } = request.body;
    return problem(
      422,
      'bad_artifact',
      `'${fileName}' cannot be used: Its entry '../../etc/cron.d/evil' leads out of its folder (zip slip).`,
      {
        hint: 'Mend the file and upload it again. Nothing was kept.',
      },
    );
  }
  if (path === '/check') {
    const sql = String(request.body.sql ?? '');
    return {
      body: {
        findings: check(sql),
        tables: { read: ['default_catalog.default_database.orders'], written: ['default_catalog.default_database.counts'] },
        flinkVersion: String(request.body.flinkVersion ?? '2.2.1'),
      },
    };
  }
  if (path === '/destinations' && request.method === 'GET') return list(night.destinations);
  if (path === '/destinations')
    return problem(422, 'bad_address', "A webhook's address begins with https:// or http://.", { field: 'address.url' });
  if (/^\/destinations\/[^/]+\/test$/.test(path))
    return problem(422, 'not_delivered', 'The receiver answered 404 Not Found: no_team.', {
      hint: 'Mend the address or the receiver, then send a test again.',
    });
  if (path === '/deliveries') return list(night.deliveries);
  if (path === '/members') return list(people.members);
  if (path === '/audit') return list(people.audit);
  if (path === '/flink-versions') return list(versions);
  if (path === '/targets') return list(teamTargets);
  if (/^\/targets\/[^/]+\/clusters$/.test(path)) return list(found);
  if (path === '/invitations')
    return request.method === 'GET'
      ? list(people.invitations)
      : { status: 201, body: { invitation: people.invitations[0], secret: 'x9mR2kq7fB0xYtVw3LhC8dE5sJ1nA6uPz9mR2kq7fB0' } };
  const [, noun, name = '', rest = ''] = /^\/(jobs|clusters)\/([^/]+)(.*)$/.exec(path) ?? [];
  if (noun === 'jobs') {
    const job = jobOf(decodeURIComponent(name));
    return job
      ? jobRoute(rest, job, request)
      : problem(404, 'not_found', `There is no job '${name}' that you may see.`, {
          hint: 'Check the name or id, and that you are a member of the team.',
        });
  }
  const cluster = [...clusters, ...ownClusters].find((found) => found.id === name);
  if (noun === 'clusters' && cluster) return clusterRoute(rest, cluster);
  if (/^\/operations\/[^/]+\/cancel$/.test(path)) return { body: { ...starting, state: 'cancelled' } };
  return undefined;
}

/** @param {Request} request @param {boolean} signedIn @returns {Answer} */
export function answer(request, signedIn) {
  const { method, path, body } = request;
  const cookie = 'mock_session=1; Path=/; HttpOnly; SameSite=Lax';
  if (path === '/sign-in') {
    return body.password === 'wrong'
      ? problem(401, 'wrong_password', 'The name or the password is wrong.')
      : { body: me, setCookie: cookie };
  }
  if (path === '/sign-in/link') {
    return body.token === 'used'
      ? problem(401, 'link_over', 'This link was used already.')
      : { body: { ...me, passwordSet: false }, setCookie: cookie };
  }
  if (path === '/sign-out') return { status: 204, setCookie: 'mock_session=; Path=/; Max-Age=0' };
  if (path === '/invitations/look')
    return { body: { team: 'demo', role: 'operator', invitedBy: 'admin', expiresAt: new Date(Date.now() + 2e8).toISOString() } };
  if (!signedIn) return problem(401, 'signed_out', 'Sign in first.');
  if (path === '/me') return { body: me };
  if (path === '/me/password') return { status: 204 };
  if (path === '/me/sessions') return list(sessions);
  if (path === '/me/tokens')
    return method === 'GET' ? list(tokens) : { status: 201, body: { token: tokens[0], secret: 'swt_9mR2kq7fB0xYtVw3LhC8dE5sJ1nA6uPz' } };
  if (path === '/flink-versions')
    return method === 'GET'
      ? list(versions)
      : problem(422, 'no_flink', 'In /opt/flink is no lib/flink-dist-*.jar.', {
          field: 'home',
          hint: 'Give the folder that has bin, conf and lib.',
        });
  if (path === '/flink-versions/install') return { status: 202, body: installations[0] };
  if (path === '/installations') return list(installations);
  if (path === '/flink-versions/grants')
    return list(versions.map((one) => ({ flinkVersionId: one.id, version: one.version, allTeams: true, teams: [] })));
  if (path === '/targets' && method === 'GET') return list(targets);
  if (path === '/target-tests' || /^\/targets\/[^/]+\/test$/.test(path))
    return { body: targets.find((one) => path.includes(one.id) || body.target === one.id)?.test ?? report() };
  if (/^\/targets\/[^/]+\/grant$/.test(path)) return { body: targets[0] };
  if (path.startsWith('/targets') && method === 'DELETE')
    return problem(409, 'target_in_use', "The cluster 'orders' of team 'payments' uses this target: delete the cluster first.");
  if (path.startsWith('/targets'))
    return problem(422, 'bad_template', "Line 4, column 3: 'hostNetwork' is not allowed.", {
      field: 'jobManagerTemplate',
      hint: 'Nothing was saved.',
      errors: [
        { field: 'jobManagerTemplate', message: "line 4, column 3: the value of 'tier' in 'labels' is not a text" },
        { field: 'jobManagerTemplate', message: 'spec.hostNetwork: this target does not let pods share the network of their node' },
      ],
    });
  if (path === '/users') return list(people.users);
  if (path === '/teams') return list(people.teams);
  if (path === '/audit') return list(people.audit);
  const [, , rest = ''] = /^\/teams\/([^/]+)(\/.*)$/.exec(path) ?? [];
  return teamRoute(rest, request) ?? problem(404, 'not_found', `${method} ${path} is not mocked.`);
}
