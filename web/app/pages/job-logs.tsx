import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { LogFile } from '../nouns';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { fileAt, LogReader, placeOf, TAIL_BYTES } from '../parts/log-reader';
import { read } from '../queries/read';
import type { TabProps } from './job';

interface FilesProps extends TabProps {
  files: readonly LogFile[];
  reload: () => void;
}

function Files({ team, job, search, change, files, reload }: FilesProps) {
  const { t } = useTranslation();
  const place = placeOf(files, search.process, search.file);
  const tail = useQuery({
    ...read.logTail(team, job.id, place?.process ?? '', place?.file ?? '', TAIL_BYTES),
    enabled: fileAt(files, place)?.missing == null && place !== undefined,
  });
  if (!place) return <Empty>{t('logs.none')}</Empty>;
  return (
    <LogReader
      files={files}
      place={place}
      tail={tail}
      find={search.find ?? ''}
      follow={search.follow === true}
      onPlace={({ process, file }) => change({ process, file })}
      onFind={(find) => change({ find: find || undefined }, true)}
      onFollow={(follow) => change({ follow: follow || undefined }, true)}
      stream={`/api/v1/teams/${encodeURIComponent(team)}/jobs/${job.id}/logs/follow`}
      onEnd={reload}
    />
  );
}

/** Logs of the JobManager and the TaskManagers of the job's cluster. */
export function JobLogs(props: TabProps) {
  const files = useQuery(read.logs(props.team, props.job.id));
  return <Loaded query={files}>{({ items }) => <Files {...props} files={items} reload={() => void files.refetch()} />}</Loaded>;
}
