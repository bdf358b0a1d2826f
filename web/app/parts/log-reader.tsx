import { DownloadOutlined, SearchOutlined } from '@ant-design/icons';
import type { UseQueryResult } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../format';
import { useLogStream } from '../live/log-stream';
import type { LogFile, LogTail } from '../nouns';
import { useLanguage } from '../preferences';
import { Empty } from './empty';
import { FiguresBar } from './figures-bar';
import { Loaded } from './loaded';
import { LogView } from './log-view';

/** How much of the end of a file is read. */
export const TAIL_BYTES = 512 * 1024;

export interface LogPlace {
  process: string;
  file: string;
}

/** The file at a place. */
export const fileAt = (files: readonly LogFile[], place: LogPlace | undefined) =>
  files.find((one) => one.process === place?.process && one.name === place.file);

/** The file to show: the one that was asked for, else the JobManager's log, else the first. */
export function placeOf(files: readonly LogFile[], process: string | undefined, file: string | undefined): LogPlace | undefined {
  const found =
    files.find((one) => one.process === process && (file === undefined || one.name === file)) ??
    files.find((one) => one.process === 'jobmanager' && one.source === 'kubernetes' && !one.previous) ??
    files.findLast((one) => one.process === 'jobmanager' && one.source === 'kept' && !one.missing) ??
    files.find((one) => one.process === 'jobmanager' && one.name.endsWith('.log')) ??
    files[0];
  return found && { process: found.process, file: found.name };
}

function download(place: LogPlace, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${place.process}-${place.file}`.replaceAll(/[^\w.-]+/g, '_');
  link.click();
  URL.revokeObjectURL(url);
}

interface Props {
  files: readonly LogFile[];
  place: LogPlace;
  tail: UseQueryResult<LogTail, unknown>;
  find: string;
  follow?: boolean;
  onPlace: (place: LogPlace) => void;
  onFind: (text: string) => void;
  /** Absent for a log that does not grow any more. */
  onFollow?: (follow: boolean) => void;
  /** The path at which a log that grows is followed, where it can be. */
  stream?: string;
  /** A log that was followed has ended: there may be another life of it. */
  onEnd?: () => void;
}

/** What there is to know of a file beside its name. */
function About({ file }: { file: LogFile }) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (file.missing) return t('logs.missing');
  if (file.previous) return t('logs.previous');
  if (file.pod)
    return [file.pod.phase, file.pod.restarts > 0 && t('logs.restarts', { number: file.pod.restarts })].filter(Boolean).join(' · ');
  const size = file.sizeBytes < 0 ? '' : formatBytes(file.sizeBytes, language);
  return [file.source === 'kept' && t('logs.kept'), size].filter(Boolean).join(' · ');
}

const SEPARATOR = '\u0000';

/** Chooses a log file, shows its end, searches it, saves it. */
export function LogReader({ files, place, tail, find, follow = false, onPlace, onFind, onFollow, stream, onEnd }: Props) {
  const { t } = useTranslation();
  const chosen = fileAt(files, place);
  const size = chosen?.sizeBytes ?? 0;
  const streams = stream !== undefined && chosen?.grows === true;
  const live = useLogStream(streams && follow ? stream : undefined, place.process, place.file);
  const text = streams && follow && live.text !== '' ? live.text : tail.data?.text;
  const ended = live.end !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each end
  useEffect(() => {
    if (ended) onEnd?.();
  }, [ended]);
  const grown = tail.data?.text === '' && size > 0;
  const { refetch } = tail;
  // It was empty when it was read, and is no longer.
  useEffect(() => {
    if (grown) void refetch();
  }, [grown, refetch]);
  const processes = [...new Set(files.map((file) => file.process))];
  const options = processes.map((process) => ({
    label: process,
    title: process,
    options: files
      .filter((file) => file.process === process)
      .map((file) => ({
        value: process + SEPARATOR + file.name,
        label: (
          <span className="release-option">
            <span className="grow">
              {process} · {file.name}
            </span>
            <span className="quiet">
              <About file={file} />
            </span>
          </span>
        ),
      })),
  }));
  return (
    <div className="stack-8">
      <div className="row">
        <Select
          data-testid="log-choice"
          aria-label={t('logs.file')}
          className="log-choice"
          popupMatchSelectWidth={false}
          value={place.process + SEPARATOR + place.file}
          options={options}
          onChange={(value) => {
            const [process = '', file = ''] = value.split(SEPARATOR);
            onPlace({ process, file });
          }}
        />
        <Input
          allowClear
          data-search-field
          data-testid="log-find"
          className="search"
          prefix={<SearchOutlined />}
          placeholder={t('logs.find')}
          aria-label={t('logs.find')}
          value={find}
          onChange={(event) => onFind(event.target.value)}
        />
        <span className="grow" />
        {onFollow && (
          <FiguresBar
            at={tail.dataUpdatedAt}
            loading={tail.isFetching}
            refresh={() => void tail.refetch()}
            follow={follow}
            streams={streams}
            onFollow={onFollow}
          />
        )}
        <Button
          size="small"
          icon={<DownloadOutlined />}
          disabled={text === undefined}
          data-testid="log-download"
          onClick={() => text !== undefined && download(place, text)}
        >
          {t('logs.download')}
        </Button>
      </div>
      {chosen?.missing ? (
        <Empty>{chosen.missing}</Empty>
      ) : (
        <Loaded query={tail}>{(found) => <LogView text={text ?? found.text} find={find} />}</Loaded>
      )}
      {live.end && (
        <p className="quiet" data-testid="log-end">
          {live.end}
        </p>
      )}
    </div>
  );
}
