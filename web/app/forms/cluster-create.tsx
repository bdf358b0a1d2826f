import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Collapse, Form, Input, InputNumber, Modal, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ArtifactRef, NewCluster, NewConnection } from '../nouns';
import { ConnectionFields, ConnectionTry, connectionOf, textOf } from '../parts/connection-fields';
import { JarList } from '../parts/jar-choice';
import { asMap, KeyValues, type Pair } from '../parts/key-values';
import { ProblemAlert } from '../parts/problem-alert';
import { TargetFields } from '../parts/target-fields';
import { ApiProblem } from '../problem';
import { read } from '../queries/read';
import { write } from '../queries/write';

interface Values {
  name: string;
  target: NewCluster['target'];
  /** Of an installed distribution (local). */
  flinkVersion?: string;
  targetId?: string;
  /** Whether it is one that somebody else made (kubernetes). */
  taken?: boolean;
  deployment?: string;
  /** Of the target's image (kubernetes). */
  imageVersion?: string;
  restUrl?: string;
  taskManagers?: number;
  slots?: number;
}

/** Messages for keys of `configuration.*` as the server names them. */
export function keyProblems(problem: unknown): Record<string, string> {
  if (!(problem instanceof ApiProblem)) return {};
  const named = problem.field ? [{ field: problem.field, message: problem.message }] : [];
  const found = [...problem.errors, ...named].filter((one) => one.field.startsWith('configuration.'));
  return Object.fromEntries(found.map((one) => [one.field.slice('configuration.'.length), one.message]));
}

/** What belongs to a kind of cluster, and nothing of the others, whatever was typed there. */
export function bodyOf(values: Values, configuration: Record<string, string>, jars: ArtifactRef[], connection: NewConnection): NewCluster {
  const { name, target, flinkVersion, imageVersion, targetId, taken, deployment, restUrl = '', taskManagers = 1, slots = 4 } = values;
  switch (target) {
    case 'local':
      return { name, target, ...(flinkVersion ? { flinkVersion } : {}), taskManagers, slots, configuration, jars };
    case 'kubernetes': {
      if (taken) return { name, target, ...(targetId ? { targetId } : {}), ...(deployment ? { deployment } : {}) };
      const place = { ...(targetId ? { targetId } : {}), ...(imageVersion ? { flinkVersion: imageVersion } : {}) };
      return { name, target, ...place, slots, configuration };
    }
    case 'standalone':
      return { name, target, restUrl, connection };
  }
}

/** Makes a cluster: Flink processes on this host, the address of a Flink that runs already, or pods in Kubernetes. */
export function ClusterCreate({ team, onClose }: { team: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const target = Form.useWatch('target', form) ?? 'local';
  const taken = Form.useWatch('taken', form) ?? false;
  const [pairs, setPairs] = useState<Pair[]>([]);
  const [jars, setJars] = useState<ArtifactRef[]>([]);
  const [connection, setConnection] = useState(() => textOf());
  const restUrl = Form.useWatch('restUrl', form)?.trim() ?? '';
  const versions = useQuery(read.teamFlinkVersions(team));
  const create = useMutation({
    mutationFn: (values: Values) => write.createCluster(team, bodyOf(values, asMap(pairs), jars, connectionOf(connection))),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.clusters(team).queryKey });
      onClose();
    },
  });
  const wrong = (field: string) => {
    const message = create.error instanceof ApiProblem ? create.error.of(field) : undefined;
    return message ? { validateStatus: 'error' as const, help: message } : {};
  };
  const first = versions.data?.items[0]?.version;
  const configuration = {
    key: 'configuration',
    label: t('tab.configuration'),
    children: <KeyValues pairs={pairs} onChange={setPairs} problems={keyProblems(create.error)} />,
  };
  return (
    <Modal
      open
      destroyOnHidden
      title={t('newCluster.title')}
      onCancel={onClose}
      onOk={form.submit}
      confirmLoading={create.isPending}
      okText={t('newCluster.do')}
      cancelText={t('goBack')}
      okButtonProps={{ 'data-testid': 'new-cluster-confirm' }}
      wrapProps={{ 'data-testid': 'new-cluster-dialog' }}
    >
      <Form<Values>
        key={first ?? 'none'}
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ target: 'local', taken: false, taskManagers: 1, slots: 4, ...(first ? { flinkVersion: first } : {}) }}
        onFinish={(values) => create.mutate(values)}
      >
        <Form.Item name="target" label={t('cluster.target')} extra={t(`target.${target}Means`)}>
          <Segmented
            options={[
              { value: 'local', label: t('target.local') },
              { value: 'kubernetes', label: t('target.kubernetes') },
              { value: 'standalone', label: t('target.standalone') },
            ]}
          />
        </Form.Item>
        <Form.Item
          name="name"
          label={t('cluster.name')}
          rules={[{ required: true, whitespace: true, message: t('cluster.nameNeeded') }]}
          {...wrong('name')}
        >
          <Input autoFocus />
        </Form.Item>
        {target === 'kubernetes' && (
          <>
            <TargetFields team={team} wrong={wrong} />
            {!taken && <Collapse size="small" ghost items={[configuration]} />}
          </>
        )}
        {target === 'standalone' && (
          <>
            <Form.Item
              name="restUrl"
              label={t('cluster.rest')}
              rules={[{ required: true, message: t('cluster.restNeeded') }]}
              {...wrong('restUrl')}
            >
              <Input className="mono" placeholder="http://127.0.0.1:8081" spellCheck={false} />
            </Form.Item>
            <Collapse
              size="small"
              ghost
              items={[
                {
                  key: 'connection',
                  label: t('connection'),
                  children: <ConnectionFields text={connection} onChange={setConnection} error={create.error} />,
                },
              ]}
            />
            <div className="try">
              <ConnectionTry
                key={`${restUrl} ${JSON.stringify(connection)}`}
                disabled={restUrl === ''}
                ask={() => write.testAddress(team, restUrl, connectionOf(connection))}
              />
            </div>
          </>
        )}
        {target === 'local' && (
          <>
            <Form.Item
              name="flinkVersion"
              label={t('cluster.flink')}
              rules={[{ required: true, message: t('cluster.flinkNeeded') }]}
              extra={versions.data?.items.length === 0 ? t('cluster.noVersions') : undefined}
              {...wrong('flinkVersion')}
            >
              <Select
                loading={versions.isPending}
                options={versions.data?.items.map((version) => ({ value: version.version, label: version.version }))}
              />
            </Form.Item>
            <div className="row">
              <Form.Item name="taskManagers" label={t('cluster.taskManagers')} {...wrong('taskManagers')}>
                <InputNumber min={1} max={64} precision={0} />
              </Form.Item>
              <Form.Item name="slots" label={t('cluster.slotsEach')} {...wrong('slots')}>
                <InputNumber min={1} max={256} precision={0} />
              </Form.Item>
            </div>
            <Collapse
              size="small"
              ghost
              items={[
                configuration,
                {
                  key: 'jars',
                  label: t('clusterJars'),
                  children: (
                    <div className="stack-8">
                      <p className="quiet">{t('clusterJars.means')}</p>
                      <JarList team={team} jars={jars} onChange={setJars} readOnly={false} />
                    </div>
                  ),
                },
              ]}
            />
          </>
        )}
        <ProblemAlert error={create.error} />
      </Form>
    </Modal>
  );
}
