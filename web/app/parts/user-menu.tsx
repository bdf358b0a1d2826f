import {
  BulbOutlined,
  DownOutlined,
  GlobalOutlined,
  KeyOutlined,
  LogoutOutlined,
  QuestionCircleOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Dropdown, type MenuProps } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Me } from '../nouns';
import { paths } from '../paths';
import { useLanguage, useThemeChoice, writeStored } from '../preferences';
import { write } from '../queries/write';

const THEMES = ['light', 'dark', 'system'] as const;
/** Languages are named in themselves. */
const LANGUAGES = { en: 'English', zh: '中文' } as const;

export function UserMenu({ me, openHelp }: { me: Me; openHelp: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const language = useLanguage();
  const choice = useThemeChoice();
  const signOut = () =>
    write
      .signOut()
      .catch(() => undefined)
      .finally(() => {
        void navigate(paths.signIn()).then(() => queries.clear());
      });
  const items: MenuProps['items'] = [
    { key: 'account', icon: <KeyOutlined />, label: t('menu.account'), onClick: () => void navigate(paths.account()) },
    { key: 'help', icon: <QuestionCircleOutlined />, label: t('menu.keyboard'), extra: '?', onClick: openHelp },
    { type: 'divider' },
    {
      key: 'language',
      icon: <GlobalOutlined />,
      label: t('menu.language'),
      children: (['en', 'zh'] as const).map((key) => ({
        key: `language-${key}`,
        label: LANGUAGES[key],
        onClick: () => writeStored('language', key),
      })),
    },
    {
      key: 'theme',
      icon: <BulbOutlined />,
      label: t('menu.theme'),
      children: THEMES.map((key) => ({ key: `theme-${key}`, label: t(`theme.${key}`), onClick: () => writeStored('theme', key) })),
    },
    { type: 'divider' },
    { key: 'sign-out', icon: <LogoutOutlined />, label: t('menu.signOut'), onClick: () => void signOut() },
    { type: 'divider' },
    { key: 'version', label: t('menu.version', { version: me.version }), disabled: true },
  ];
  return (
    <Dropdown menu={{ items, selectedKeys: [`language-${language}`, `theme-${choice}`] }} trigger={['click']} placement="bottomRight">
      <Button type="text" size="small" data-testid="user-menu" icon={<UserOutlined />}>
        <span className="user-name">{me.user.name}</span> <DownOutlined className="small-icon" />
      </Button>
    </Dropdown>
  );
}
