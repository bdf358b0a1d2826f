import { Form, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Spec } from '../draft-edit';
import type { Cluster } from '../nouns';
import { JarList } from './jar-choice';
import { KeyValues, type Pair } from './key-values';

interface Props {
  team: string;
  spec: Spec;
  clusters: readonly Cluster[];
  pairs: readonly Pair[];
  onPairs: (pairs: Pair[]) => void;
  onSpec: (spec: Spec) => void;
  keyProblems: Readonly<Record<string, string>>;
  fieldProblem: (field: string) => string | undefined;
  readOnly: boolean;
}

const wrong = (message: string | undefined) => (message ? { validateStatus: 'error' as const, help: message } : {});

/** What belongs to a draft beside its script: cluster, parallelism, configuration. */
export function DraftSettings({ team, spec, clusters, pairs, onPairs, onSpec, keyProblems, fieldProblem, readOnly }: Props) {
  const { t } = useTranslation();
  const options = clusters.map((cluster) => ({
    value: cluster.id,
    label: cluster.flinkVersion ? `${cluster.name} · Flink ${cluster.flinkVersion}` : cluster.name,
  }));
  const gone = spec.clusterId !== undefined && !clusters.some((cluster) => cluster.id === spec.clusterId);
  return (
    <Form layout="vertical" component="div" className="draft-settings">
      <Form.Item label={t('cluster')} htmlFor="draft-cluster" {...wrong(fieldProblem('clusterId'))}>
        <Select
          id="draft-cluster"
          data-testid="cluster-choice"
          disabled={readOnly}
          placeholder={t('sql.noCluster')}
          value={spec.clusterId ?? null}
          options={gone ? [...options, { value: spec.clusterId ?? '', label: t('sql.clusterGone') }] : options}
          onChange={(clusterId) => clusterId !== null && onSpec({ ...spec, clusterId })}
        />
      </Form.Item>
      <Form.Item label={t('sql.parallelism')} htmlFor="draft-parallelism" {...wrong(fieldProblem('parallelism'))}>
        <InputNumber
          id="draft-parallelism"
          data-testid="parallelism"
          min={1}
          max={32768}
          precision={0}
          disabled={readOnly}
          placeholder={t('sql.parallelismDefault')}
          style={{ width: '100%' }}
          value={spec.parallelism ?? null}
          onChange={(parallelism) => {
            const { parallelism: _, ...rest } = spec;
            onSpec(parallelism ? { ...rest, parallelism } : rest);
          }}
        />
      </Form.Item>
      <fieldset className="plain">
        <legend>{t('jars')}</legend>
        <JarList team={team} jars={spec.jars} onChange={(jars) => onSpec({ ...spec, jars })} readOnly={readOnly} />
      </fieldset>
      <fieldset className="plain">
        <legend>{t('tab.configuration')}</legend>
        <KeyValues pairs={pairs} onChange={onPairs} problems={keyProblems} readOnly={readOnly} />
      </fieldset>
    </Form>
  );
}
