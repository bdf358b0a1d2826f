import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { LogFile } from '../nouns';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { LogReader, placeOf, TAIL_BYTES } from '../parts/log-reader';
import { read } from '../queries/read';
import type { TabProps } from './job';

function Files({ team, job, search, change, files }: TabProps & { files: readonly LogFile[] }) {
  const { t } = useTranslation();
  const place = placeOf(files, search.process, search.file);
  const tail = useQuery({
    ...read.logTail(team, job.id, place?.process ?? '', place?.file ?? '', TAIL_BYTES),
    enabled: place !== undefined,
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
    />
  );
}

/** Logs of the JobManager and the TaskManagers of the job's cluster. */
export function JobLogs(props: TabProps) {
  const files = useQuery(read.logs(props.team, props.job.id));
  return <Loaded query={files}>{({ items }) => <Files {...props} files={items} />}</Loaded>;
}
