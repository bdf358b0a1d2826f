import { Link } from '@tanstack/react-router';
import { Result } from 'antd';
import { useTranslation } from 'react-i18next';
import { paths } from '../paths';

export function NotFound() {
  const { t } = useTranslation();
  return <Result status="404" title={t('notFound.title')} extra={<Link {...paths.home()}>{t('notFound.home')}</Link>} />;
}
