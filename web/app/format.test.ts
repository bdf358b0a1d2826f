import { describe, expect, it } from 'vitest';
import { formatAgo, formatBytes, formatClock, formatCount, formatDuration, formatShare, NOTHING } from './format';

describe('formatting', () => {
  it('shows durations in their two largest units', () => {
    expect(formatDuration(-5, 'en')).toBe('0ms');
    expect(formatDuration(412, 'en')).toBe('412ms');
    expect(formatDuration(3_960, 'en')).toBe('3.9s');
    expect(formatDuration(59_999, 'en')).toBe('59s');
    expect(formatDuration(185_000, 'en')).toBe('3m 5s');
    expect(formatDuration(7_200_000, 'en')).toBe('2h');
    expect(formatDuration(90_000_000, 'en')).toBe('1d 1h');
    expect(formatDuration(185_000, 'zh')).toBe('3分钟 5秒');
  });

  it('never says that something happened in the future', () => {
    expect(formatAgo(2_000, 1_000, 'en')).toBe('0s ago');
    expect(formatAgo(0, 61_000, 'en')).toBe('1m ago');
    expect(formatAgo(0, 61_000, 'zh')).toBe('1分钟前');
  });

  it('shows sizes as Flink does, in powers of 1024', () => {
    expect(formatBytes(0, 'en')).toBe('0 B');
    expect(formatBytes(1536, 'en')).toBe('1.5 KiB');
    expect(formatBytes(50_111_000, 'en')).toBe('47.8 MiB');
    expect(formatBytes(null, 'en')).toBe(NOTHING);
    expect(formatBytes(-1, 'en')).toBe(NOTHING);
  });

  it('shows counts whole while they are small', () => {
    expect(formatCount(99_999, 'en')).toBe('99,999');
    expect(formatCount(180_233, 'en')).toBe('180.2K');
    expect(formatCount(undefined, 'en')).toBe(NOTHING);
  });

  it('keeps shares between 0 and 100', () => {
    expect(formatShare(1.4)).toBe('100 %');
    expect(formatShare(-1)).toBe('0 %');
    expect(formatShare(undefined)).toBe(NOTHING);
  });

  it('names the day only when it is another', () => {
    const now = new Date(2026, 10, 22, 14, 0).getTime();
    expect(formatClock(new Date(2026, 10, 22, 9, 5, 7).getTime(), now, 'en')).toBe('09:05:07');
    expect(formatClock(new Date(2026, 10, 21, 9, 5, 7).getTime(), now, 'en')).toBe('21 Nov 09:05:07');
  });
});
