import { DownloadOutlined, SearchOutlined } from '@ant-design/icons';
import type { UseQueryResult } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../format';
import type { LogFile, LogTail } from '../nouns';
import { useLanguage } from '../preferences';
import { FiguresBar } from './figures-bar';
import { Loaded } from './loaded';
import { LogView } from './log-view';

/** How much of the end of a file is read. */
export const TAIL_BYTES = 512 * 1024;

export interface LogPlace {
  process: string;
  file: string;
}

/** The file to show: the one that was asked for, else the JobManager's log, else the first. */
export function placeOf(files: readonly LogFile[], process: string | undefined, file: string | undefined): LogPlace | undefined {
  const found =
    files.find((one) => one.process === process && (file === undefined || one.name === file)) ??
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
}

const SEPARATOR = '\u0000';

/** Chooses a log file, shows its end, searches it, saves it. */
export function LogReader({ files, place, tail, find, follow = false, onPlace, onFind, onFollow }: Props) {
  const { t } = useTranslation();
  const language = useLanguage();
  const size = files.find((one) => one.process === place.process && one.name === place.file)?.sizeBytes ?? 0;
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
            <span className="quiet">{formatBytes(file.sizeBytes, language)}</span>
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
            onFollow={onFollow}
          />
        )}
        <Button
          size="small"
          icon={<DownloadOutlined />}
          disabled={!tail.data}
          data-testid="log-download"
          onClick={() => tail.data && download(place, tail.data.text)}
        >
          {t('logs.download')}
        </Button>
      </div>
      <Loaded query={tail}>{(found) => <LogView text={found.text} find={find} />}</Loaded>
    </div>
  );
}
