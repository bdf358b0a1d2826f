import { useQuery } from '@tanstack/react-query';
import { Button, Card } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event, Operation, ReleaseSummary } from '../nouns';
import { Ago, Clock } from '../parts/ago';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { OperationCard } from '../parts/operation-card';
import { read } from '../queries/read';
import { timeline } from '../timeline';
import type { TabProps } from './job';

const PAGE = 40;

function EventLine({ event }: { event: Event }) {
  return (
    <div className="event" data-testid="event" data-code={event.code}>
      <span className="event-time quiet">
        <Clock at={event.at} />
      </span>
      <span className="wrap">{event.message}</span>
      <span className="quiet">
        {event.by && <>{event.by.name} · </>}
        <Ago at={event.at} />
      </span>
    </div>
  );
}

interface Props {
  team: string;
  operations: readonly Operation[];
  events: readonly Event[];
  releases: readonly ReleaseSummary[] | undefined;
}

function Moments({ team, operations, events, releases }: Props) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(PAGE);
  const moments = timeline(operations, events);
  if (moments.length === 0) return <Empty>{t('timeline.none')}</Empty>;
  return (
    <div className="timeline" data-testid="timeline">
      {moments.slice(0, shown).map((moment) =>
        moment.kind === 'event' ? (
          <EventLine key={moment.event.id} event={moment.event} />
        ) : (
          <Card key={moment.operation.id} size="small">
            <OperationCard team={team} operation={moment.operation} releases={releases}>
              {moment.events.length > 0 && (
                <div className="operation-events">
                  {moment.events.map((event) => (
                    <EventLine key={event.id} event={event} />
                  ))}
                </div>
              )}
            </OperationCard>
          </Card>
        ),
      )}
      {moments.length > shown && (
        <Button onClick={() => setShown(shown + PAGE)}>{t('timeline.more', { count: moments.length - shown })}</Button>
      )}
    </div>
  );
}

/** What happened to the job: operations with their steps, and events between them. */
export function JobTimeline({ team, job }: TabProps) {
  const operations = useQuery(read.operations(team, job.id));
  const events = useQuery(read.events(team, job.id));
  const releases = useQuery(read.releases(team, job.id));
  return (
    <Loaded query={operations}>
      {(found) => (
        <Loaded query={events}>
          {(noted) => <Moments team={team} operations={found.items} events={noted.items} releases={releases.data?.items} />}
        </Loaded>
      )}
    </Loaded>
  );
}
