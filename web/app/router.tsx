// The routes. Pages are loaded when they are first opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { serverAddress } from './client';
import { Broken } from './pages/broken';
import { Frame } from './pages/frame';
import { Home } from './pages/home';
import { NotFound } from './pages/not-found';
import { JOB_TABS } from './paths';
import {
  administrationSearch,
  artifactsSearch,
  clusterSearch,
  clustersSearch,
  jobSearch,
  jobsSearch,
  membersSearch,
  signInSearch,
  targetsSearch,
  variablesSearch,
  versionsSearch,
} from './search';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./pages/sign-in'), 'SignInPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./pages/invitation'), 'InvitationPage'),
});

const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame });

const home = createRoute({ getParentRoute: () => frame, path: '/', component: Home });

const jobs = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/jobs',
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import('./pages/jobs'), 'JobsPage'),
});

const job = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/jobs/$job/$tab',
  validateSearch: jobSearch,
  beforeLoad: ({ params }) => {
    if (!JOB_TABS.some((tab) => tab === params.tab)) {
      throw redirect({ to: '/teams/$team/jobs/$job/$tab', params: { ...params, tab: 'overview' } });
    }
  },
  component: lazyRouteComponent(() => import('./pages/job'), 'JobPage'),
});

const jobHome = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/jobs/$job',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/teams/$team/jobs/$job/$tab', params: { ...params, tab: 'overview' } });
  },
});

const teamHome = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/teams/$team/jobs', params });
  },
});

const clusters = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/clusters',
  validateSearch: clustersSearch,
  component: lazyRouteComponent(() => import('./pages/clusters'), 'ClustersPage'),
});

const cluster = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/clusters/$cluster',
  validateSearch: clusterSearch,
  component: lazyRouteComponent(() => import('./pages/cluster'), 'ClusterPage'),
});

const artifacts = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/artifacts',
  validateSearch: artifactsSearch,
  component: lazyRouteComponent(() => import('./pages/artifacts'), 'ArtifactsPage'),
});

const members = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/members',
  validateSearch: membersSearch,
  component: lazyRouteComponent(() => import('./pages/members'), 'MembersPage'),
});

const administration = createRoute({
  getParentRoute: () => frame,
  path: '/administration',
  validateSearch: administrationSearch,
  component: lazyRouteComponent(() => import('./pages/administration'), 'AdministrationPage'),
});

const messages = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/messages',
  component: lazyRouteComponent(() => import('./pages/messages'), 'MessagesPage'),
});

const variables = createRoute({
  getParentRoute: () => frame,
  path: '/teams/$team/variables',
  validateSearch: variablesSearch,
  component: lazyRouteComponent(() => import('./pages/variables'), 'VariablesPage'),
});

const versions = createRoute({
  getParentRoute: () => frame,
  path: '/flink-versions',
  validateSearch: versionsSearch,
  component: lazyRouteComponent(() => import('./pages/flink-versions'), 'FlinkVersionsPage'),
});

const targets = createRoute({
  getParentRoute: () => frame,
  path: '/targets',
  validateSearch: targetsSearch,
  component: lazyRouteComponent(() => import('./pages/targets'), 'TargetsPage'),
});

const account = createRoute({
  getParentRoute: () => frame,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/account'), 'AccountPage'),
});

const routeTree = root.addChildren([
  signIn,
  invitation,
  frame.addChildren([
    home,
    teamHome,
    jobs,
    jobHome,
    job,
    clusters,
    cluster,
    messages,
    artifacts,
    members,
    administration,
    variables,
    versions,
    targets,
    account,
  ]),
]);

export const router = createRouter({
  routeTree,
  basepath: new URL(serverAddress()).pathname,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
