import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '../parts/empty';
import { paths } from '../paths';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main className="page">
      <Empty action={<Link {...paths.home()}>{t('notFound.home')}</Link>}>{t('notFound.title')}</Empty>
    </main>
  );
}
