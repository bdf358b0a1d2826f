import { useQuery } from '@tanstack/react-query';
import { Form, InputNumber, Segmented, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { TeamTarget } from '../nouns';
import { versionChoices } from '../place';
import { read } from '../queries/read';
import { ProblemAlert } from './problem-alert';
import { ImageLine, VersionChoice } from './version-choice';

interface Props {
  team: string;
  wrong: (field: string) => object;
}

/** The field `deployment`: a session cluster of the target's namespace that somebody else made. */
function FoundField({ team, target, wrong }: Props & { target: string }) {
  const { t } = useTranslation();
  const found = useQuery({ ...read.foundClusters(team, target), enabled: target !== '' });
  const choices = (found.data?.items ?? []).filter((one) => !one.ours && one.mode !== 'application');
  const none = found.data && choices.length === 0;
  return (
    <>
      <Form.Item
        name="deployment"
        label={t('cluster.deployment')}
        rules={[{ required: true, message: t('cluster.deploymentNeeded') }]}
        extra={none ? t('cluster.noneFound') : t('cluster.takenUpMeans')}
        {...wrong('deployment')}
      >
        <Select
          data-testid="deployment-choice"
          disabled={target === ''}
          loading={found.isFetching}
          options={choices.map((one) => ({
            value: one.deployment,
            label: [one.deployment, one.image, one.owner].filter(Boolean).join(' · '),
          }))}
        />
      </Form.Item>
      <ProblemAlert error={found.error} />
    </>
  );
}

/** The fields `targetId`, `taken`, and of a new one `imageVersion` and `slots`, of one that is there `deployment`. */
export function TargetFields({ team, wrong }: Props) {
  const { t } = useTranslation();
  const form = Form.useFormInstance();
  const targets = useQuery(read.teamTargets(team));
  const versions = useQuery(read.teamFlinkVersions(team));
  const granted = targets.data?.items ?? [];
  const targetId: string | undefined = Form.useWatch('targetId', form);
  const taken: boolean = Form.useWatch('taken', form) ?? false;
  const target = granted.find((one) => one.id === targetId);
  const choose = (id: string) => {
    if (form.getFieldValue('imageVersion')) return;
    const next = granted.find((one) => one.id === id);
    form.setFieldValue('imageVersion', versionChoices(next, versions.data?.items.map((one) => one.version) ?? [])[0]);
  };
  return (
    <>
      <Form.Item
        name="targetId"
        label={t('cluster.inTarget')}
        rules={[{ required: true, message: t('cluster.targetNeeded') }]}
        extra={targets.data?.items.length === 0 ? t('cluster.noTargets') : undefined}
        {...wrong('targetId')}
      >
        <Select
          data-testid="target-choice"
          loading={targets.isPending}
          options={granted.map((one) => ({ value: one.id, label: `${one.name} · ${one.namespace}` }))}
          onChange={choose}
        />
      </Form.Item>
      <Form.Item name="taken">
        <Segmented
          data-testid="cluster-made"
          options={[
            { value: false, label: t('cluster.make') },
            { value: true, label: t('cluster.takeUp') },
          ]}
        />
      </Form.Item>
      {taken ? <FoundField team={team} target={targetId ?? ''} wrong={wrong} /> : <NewFields team={team} target={target} wrong={wrong} />}
    </>
  );
}

/** The fields `imageVersion` and `slots`. */
function NewFields({ team, target, wrong }: Props & { target: TeamTarget | undefined }) {
  const { t } = useTranslation();
  const version: string | undefined = Form.useWatch('imageVersion', Form.useFormInstance());
  return (
    <>
      <Form.Item
        name="imageVersion"
        label={t('cluster.flink')}
        rules={[{ required: true, message: t('cluster.flinkNeeded') }]}
        extra={<ImageLine target={target} version={version} />}
        {...wrong('flinkVersion')}
      >
        <VersionChoice team={team} target={target} />
      </Form.Item>
      <Form.Item name="slots" label={t('cluster.slotsEachManager')} {...wrong('slots')}>
        <InputNumber min={1} max={256} precision={0} />
      </Form.Item>
    </>
  );
}
