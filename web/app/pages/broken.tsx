import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../parts/problem-alert';

/** A fault of the console itself: says so and offers to load it anew. Unsaved text is kept. */
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <main className="page stack-12">
      <ProblemAlert error={error} extra={t('broken.kept')} />
      <div>
        <Button type="primary" onClick={() => window.location.reload()}>
          {t('broken.reload')}
        </Button>
      </div>
    </main>
  );
}
