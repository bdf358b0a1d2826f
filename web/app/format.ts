// Numbers, sizes, times and durations as people read them, in the language of the console.
import type { Maybe } from './nouns';

export const NOTHING = '–';

export function formatCount(value: Maybe<number>, language: string): string {
  if (value === undefined || value === null) return NOTHING;
  const digits = Math.abs(value) >= 100_000 ? { notation: 'compact' as const, maximumFractionDigits: 1 } : {};
  return new Intl.NumberFormat(language, digits).format(value);
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size; Flink says -1 where it knows none. */
export function formatBytes(value: Maybe<number>, language: string): string {
  if (value === undefined || value === null || value < 0) return NOTHING;
  let amount = value;
  let size = 0;
  while (amount >= 1024 && size < SIZES.length - 1) {
    amount /= 1024;
    size++;
  }
  const digits = size === 0 || amount >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(amount)} ${SIZES[size]}`;
}

export function formatShare(value: Maybe<number>): string {
  return value === undefined || value === null ? NOTHING : `${Math.round(Math.min(1, Math.max(0, value)) * 100)} %`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function unit(value: number, name: string, language: string, digits = 0): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'narrow', maximumFractionDigits: digits }).format(value);
}

/** The two largest units: `1.2s`, `3m 5s`, `2h 10m`, `3d 4h`. */
export function formatDuration(ms: number, language: string): string {
  const time = Math.max(0, ms);
  if (time < SECOND) return unit(Math.round(time), 'millisecond', language);
  if (time < 10 * SECOND) return unit(Math.floor(time / 100) / 10, 'second', language, 1);
  if (time < MINUTE) return unit(Math.floor(time / SECOND), 'second', language);
  const pair = (large: number, largeName: string, small: number, smallName: string) => {
    const rest = Math.floor((time % large) / small);
    const first = unit(Math.floor(time / large), largeName, language);
    return rest === 0 ? first : `${first} ${unit(rest, smallName, language)}`;
  };
  if (time < HOUR) return pair(MINUTE, 'minute', SECOND, 'second');
  if (time < DAY) return pair(HOUR, 'hour', MINUTE, 'minute');
  return pair(DAY, 'day', HOUR, 'hour');
}

/** `12s ago`; what is a moment in the future (another clock) is now. */
export function formatAgo(at: number, now: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { style: 'narrow', numeric: 'always' });
  const passed = Math.max(0, now - at);
  if (passed < MINUTE) return format.format(-Math.floor(passed / SECOND), 'second');
  if (passed < HOUR) return format.format(-Math.floor(passed / MINUTE), 'minute');
  if (passed < DAY) return format.format(-Math.floor(passed / HOUR), 'hour');
  return format.format(-Math.floor(passed / DAY), 'day');
}

export function formatTime(at: string | number, language: string): string {
  return new Date(at).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Hours, minutes and seconds; with the day when it is not today's. */
export function formatClock(at: string | number, now: number, language: string): string {
  const date = new Date(at);
  const place = language === 'zh' ? 'zh-CN' : 'en-GB';
  const time = date.toLocaleTimeString(place, { hour12: false });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString(place, { month: 'short', day: 'numeric' })} ${time}`;
}

export const millis = (at: Maybe<string>): number | undefined => (at ? Date.parse(at) : undefined);

/** First digits of a digest or id, enough to tell it from others. */
export const short = (text: string, length = 12) => (text.length > length ? text.slice(0, length) : text);
