import { useQuery } from '@tanstack/react-query';
import { Form, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Cluster } from '../nouns';
import { inTarget, type Place } from '../place';
import { read } from '../queries/read';
import { ImageLine, VersionChoice } from './version-choice';

interface Props {
  team: string;
  place: Place;
  onPlace: (place: Place) => void;
  fieldProblem: (field: string) => string | undefined;
  readOnly?: boolean;
}

const wrong = (message: string | undefined) => (message ? { validateStatus: 'error' as const, help: message } : {});
const nameOf = (cluster: Cluster) => (cluster.flinkVersion ? `${cluster.name} · Flink ${cluster.flinkVersion}` : cluster.name);

/** Where a job runs, as one choice: a session cluster, or a cluster of its own in a target with its Flink version. */
export function PlaceChoice({ team, place, onPlace, fieldProblem, readOnly }: Props) {
  const { t } = useTranslation();
  const clusters = useQuery(read.clusters(team));
  const targets = useQuery(read.teamTargets(team));
  const versions = useQuery(read.teamFlinkVersions(team));
  const sessions = clusters.data?.items ?? [];
  const granted = targets.data?.items ?? [];
  const { clusterId, application } = place;
  const chosen = application ? application.targetId : clusterId;
  const target = granted.find((one) => one.id === application?.targetId);
  const known = (id: string) => sessions.some((one) => one.id === id) || granted.some((one) => one.id === id);
  const choose = (id: string) => {
    const next = granted.find((one) => one.id === id);
    if (!next) return onPlace({ clusterId: id });
    const before = application ? application.flinkVersion : sessions.find((one) => one.id === clusterId)?.flinkVersion;
    const installed = versions.data?.items.map((one) => one.version) ?? [];
    onPlace({ application: inTarget(next, before, installed) });
  };
  const gone = chosen !== undefined && clusters.isSuccess && targets.isSuccess && !known(chosen);
  const options = [
    { label: t('place.sessions'), options: sessions.map((one) => ({ value: one.id, label: nameOf(one) })) },
    { label: t('place.targets'), options: granted.map((one) => ({ value: one.id, label: `${one.name} · ${one.namespace}` })) },
  ];
  const goneLabel = application ? t('place.targetGone') : t('sql.clusterGone');
  return (
    <>
      <Form.Item
        label={t('place')}
        htmlFor="place"
        extra={targets.data?.items.length === 0 ? t('place.noTarget') : application ? t('place.ownMeans') : undefined}
        {...wrong(fieldProblem('clusterId') ?? fieldProblem('targetId') ?? fieldProblem('mode'))}
      >
        <Select
          id="place"
          data-testid="place-choice"
          disabled={readOnly === true}
          loading={clusters.isPending || targets.isPending}
          placeholder={granted.length > 0 ? t('place.choose') : t('sql.noCluster')}
          notFoundContent={t('newJob.noCluster')}
          value={(clusters.isSuccess && targets.isSuccess ? chosen : undefined) ?? null}
          options={[...(gone ? [{ value: chosen, label: goneLabel }] : []), ...options.filter((group) => group.options.length > 0)]}
          labelRender={({ label }) => (target ? t('place.inTarget', { name: target.name }) : label)}
          onChange={(id: string | null) => id !== null && choose(id)}
        />
      </Form.Item>
      {application && (
        <Form.Item
          label={t('cluster.flink')}
          htmlFor="flink-version"
          extra={<ImageLine target={target} version={application.flinkVersion} />}
          {...wrong(fieldProblem('flinkVersion'))}
        >
          <VersionChoice
            id="flink-version"
            team={team}
            target={target}
            value={application.flinkVersion ?? ''}
            readOnly={readOnly === true}
            onChange={(flinkVersion) => {
              const { flinkVersion: _, ...rest } = application;
              onPlace({ application: flinkVersion ? { ...rest, flinkVersion } : rest });
            }}
          />
        </Form.Item>
      )}
    </>
  );
}
