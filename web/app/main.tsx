import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { App as AntApp, ConfigProvider } from 'antd';
import zhCN from 'antd/locale/zh_CN';
import i18next from 'i18next';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { newQueryClient, startClient } from './client';
import { paths } from './paths';
import { readStored, useDark, useLanguage, useStill, writeStored } from './preferences';
import { router } from './router';
import { onSignedOut } from './session';
import { antTheme } from './theme';
import { startWords } from './words';
import './styles/base.css';
import './styles/parts.css';
import './styles/job.css';
import './styles/editor.css';
import './styles/narrow.css';

startWords();
startClient();
const queries = newQueryClient();

// After an upgrade of the server the parts of an old page are gone: load the new console, once. Unsaved text is kept.
const RELOAD_AGAIN_MS = 30_000;
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(readStored('reloaded') ?? 0);
  if (Date.now() - last < RELOAD_AGAIN_MS) return;
  event.preventDefault();
  writeStored('reloaded', String(Date.now()));
  window.location.reload();
});

onSignedOut(() => {
  const { href, pathname } = router.state.location;
  if (pathname.endsWith('/sign-in') || pathname.endsWith('/invitation')) return;
  void router.navigate({ ...paths.signIn({ next: href }), replace: true });
});

function Console({ queryClient }: { queryClient: QueryClient }) {
  const dark = useDark();
  const still = useStill();
  const language = useLanguage();
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }, [dark]);
  useEffect(() => {
    void i18next.changeLanguage(language);
  }, [language]);
  return (
    <ConfigProvider theme={antTheme(dark, still)} button={{ autoInsertSpace: false }} {...(language === 'zh' ? { locale: zhCN } : {})}>
      <AntApp>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

const root = document.getElementById('root');
if (root) createRoot(root).render(<Console queryClient={queries} />);
