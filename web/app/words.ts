// The two languages. Every text of the console is in locales/*.json; keys are checked by the compiler.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from '../locales/en.json';
import zh from '../locales/zh.json';
import { language } from './preferences';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    keySeparator: false;
    nsSeparator: false;
    resources: { translation: typeof en };
  }
}

export function startWords() {
  void i18next.use(initReactI18next).init({
    lng: language(),
    fallbackLng: 'en',
    keySeparator: false,
    nsSeparator: false,
    resources: { en: { translation: en }, zh: { translation: zh } },
    interpolation: { escapeValue: false },
  });
  const mark = () => {
    document.documentElement.lang = i18next.language === 'zh' ? 'zh-CN' : 'en';
  };
  i18next.on('languageChanged', mark);
  mark();
}
