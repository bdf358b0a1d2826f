// Colours and sizes in both themes. Pairs of text and ground are checked for contrast in theme.test.ts.
import { type ThemeConfig, theme } from 'antd';

export type Tone = 'neutral' | 'active' | 'good' | 'warning' | 'bad' | 'unknown';

export interface Ink {
  text: string;
  ground: string;
  edge: string;
}

export const TONES: Record<'light' | 'dark', Record<Tone, Ink>> = {
  light: {
    neutral: { text: '#454b57', ground: '#f0f1f4', edge: '#d4d8df' },
    active: { text: '#3443ad', ground: '#eceefc', edge: '#bcc4f2' },
    good: { text: '#17693c', ground: '#e4f5ea', edge: '#a9d9bb' },
    warning: { text: '#875200', ground: '#fdf2d8', edge: '#ecd08c' },
    bad: { text: '#a8201a', ground: '#fdebea', edge: '#f1bcb8' },
    unknown: { text: '#6b3a91', ground: '#f5ecfb', edge: '#dcc2ee' },
  },
  dark: {
    neutral: { text: '#c3c8d2', ground: '#2a2d34', edge: '#444954' },
    active: { text: '#b3bcff', ground: '#262a4d', edge: '#434b86' },
    good: { text: '#86d9a5', ground: '#16321f', edge: '#2c5b3c' },
    warning: { text: '#f0c566', ground: '#3a2d10', edge: '#64501f' },
    bad: { text: '#ffa39c', ground: '#431d1b', edge: '#763531' },
    unknown: { text: '#dab4f5', ground: '#33213f', edge: '#573a6c' },
  },
};

export const GROUND = {
  light: { page: '#f5f6f8', card: '#ffffff', text: '#1c2028', quiet: '#5d6470', link: '#3b4bc8' },
  dark: { page: '#101216', card: '#181b20', text: '#e6e8ec', quiet: '#9aa1ad', link: '#9ba7ff' },
} as const;

export const PRIMARY = { light: '#4353c9', dark: '#5566e0' } as const;

export const MONO = "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

export function antTheme(dark: boolean, still = false): ThemeConfig {
  const ground = dark ? GROUND.dark : GROUND.light;
  const tones = dark ? TONES.dark : TONES.light;
  const primary = dark ? PRIMARY.dark : PRIMARY.light;
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      colorPrimary: primary,
      colorPrimaryText: ground.link,
      colorLink: ground.link,
      colorLinkHover: ground.link,
      colorInfo: primary,
      colorBgLayout: ground.page,
      colorBgContainer: ground.card,
      colorBgElevated: dark ? '#1e2127' : '#ffffff',
      colorBorder: dark ? '#505764' : '#c4c9d2',
      colorText: ground.text,
      colorTextSecondary: ground.quiet,
      colorTextTertiary: ground.quiet,
      colorTextDescription: ground.quiet,
      colorTextPlaceholder: ground.quiet,
      colorError: dark ? '#e8675f' : '#c62f28',
      colorErrorText: tones.bad.text,
      colorWarningText: tones.warning.text,
      colorSuccessText: tones.good.text,
      fontSize: 13,
      borderRadius: 6,
      controlHeight: 30,
      motion: !still,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
      fontFamilyCode: MONO,
    },
    components: {
      Table: { cellPaddingBlockSM: 6, cellPaddingInlineSM: 10, headerBg: dark ? '#1e2127' : '#f8f9fb' },
      Tabs: {
        horizontalMargin: '0',
        horizontalItemPadding: '7px 0',
        horizontalItemGutter: 24,
        titleFontSize: 13,
        itemSelectedColor: ground.link,
        itemHoverColor: ground.link,
        itemActiveColor: ground.link,
      },
      Alert: { defaultPadding: '5px 12px', withDescriptionPadding: '8px 12px', withDescriptionIconSize: 16 },
      Button: { primaryShadow: 'none', defaultShadow: 'none' },
      Layout: { headerBg: ground.card, headerHeight: 46, headerPadding: '0 16px' },
      Card: { bodyPaddingSM: 12, headerHeightSM: 36 },
    },
  };
}
