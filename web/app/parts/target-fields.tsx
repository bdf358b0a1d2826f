import { useQuery } from '@tanstack/react-query';
import { Form, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { versionChoices } from '../place';
import { read } from '../queries/read';
import { ImageLine, VersionChoice } from './version-choice';

interface Props {
  team: string;
  wrong: (field: string) => object;
}

/** The fields `targetId`, `imageVersion` and `slots` of a cluster in Kubernetes. */
export function TargetFields({ team, wrong }: Props) {
  const { t } = useTranslation();
  const form = Form.useFormInstance();
  const targets = useQuery(read.teamTargets(team));
  const versions = useQuery(read.teamFlinkVersions(team));
  const granted = targets.data?.items ?? [];
  const targetId: string | undefined = Form.useWatch('targetId', form);
  const version: string | undefined = Form.useWatch('imageVersion', form);
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
