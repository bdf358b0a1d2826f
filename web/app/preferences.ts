// What a person chose for this browser: language, theme, team. Kept in localStorage, shared by all tabs.
import { useSyncExternalStore } from 'react';

export type Language = 'en' | 'zh';
export type ThemeChoice = 'light' | 'dark' | 'system';

const PREFIX = 'streamwright.';
const listeners = new Set<() => void>();

function tell() {
  for (const listener of listeners) listener();
}

export function readStored(key: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined; // storage is switched off: everything works, nothing is remembered
  }
}

export function writeStored(key: string, value: string | undefined) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // storage is full or switched off
  }
  tell();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

export function useStored(key: string): string | undefined {
  return useSyncExternalStore(subscribe, () => readStored(key));
}

export function language(): Language {
  const stored = readStored('language');
  if (stored === 'en' || stored === 'zh') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function themeChoice(): ThemeChoice {
  const stored = readStored('theme');
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const darkQuery = () => window.matchMedia('(prefers-color-scheme: dark)');
const stillQuery = () => window.matchMedia('(prefers-reduced-motion: reduce)');

function onChange(query: MediaQueryList, listener: () => void) {
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

function subscribeDark(listener: () => void) {
  const stops = [onChange(darkQuery(), listener), subscribe(listener)];
  return () => {
    for (const stop of stops) stop();
  };
}

const subscribeStill = (listener: () => void) => onChange(stillQuery(), listener);

export function isDark(): boolean {
  const choice = themeChoice();
  return choice === 'system' ? darkQuery().matches : choice === 'dark';
}

export const useDark = () => useSyncExternalStore(subscribeDark, isDark);
/** Whether the person asked the system for less motion. */
export const useStill = () => useSyncExternalStore(subscribeStill, () => stillQuery().matches);
export const useLanguage = () => useSyncExternalStore(subscribe, language);
export const useThemeChoice = () => useSyncExternalStore(subscribe, themeChoice);
