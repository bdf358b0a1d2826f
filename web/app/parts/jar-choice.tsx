import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ArtifactRef } from '../nouns';
import { read } from '../queries/read';

const JARS: readonly string[] = ['job_jar', 'udf_jar', 'connector'];
const NEWEST = 0;

interface ChoiceProps {
  team: string;
  value?: ArtifactRef;
  onChange?: (jar: ArtifactRef) => void;
  readOnly?: boolean;
}

/** A jar of the team, and whether its newest version or a certain one. */
export function JarChoice({ team, value, onChange, readOnly }: ChoiceProps) {
  const { t } = useTranslation();
  const all = useQuery(read.jars(team));
  const versions = useQuery({ ...read.jars(team, value?.name ?? ''), enabled: Boolean(value?.name) });
  const names = (all.data?.items ?? []).filter((one) => JARS.includes(one.kind)).map((one) => ({ value: one.name, label: one.name }));
  const gone = value?.name && !names.some((one) => one.value === value.name) ? [{ value: value.name, label: value.name }] : [];
  return (
    <span className="jar-choice">
      <Select
        showSearch
        size="small"
        className="grow"
        disabled={readOnly === true}
        data-testid="jar-name"
        aria-label={t('program.jar')}
        placeholder={t('jars.choose')}
        loading={all.isPending}
        notFoundContent={t('jars.none')}
        value={value?.name || null}
        options={[...gone, ...names]}
        onChange={(name) => name && onChange?.({ name })}
      />
      <Select
        size="small"
        disabled={readOnly === true || !value?.name}
        data-testid="jar-version"
        aria-label={t('jars.version')}
        value={value?.version ?? NEWEST}
        style={{ width: 96 }}
        options={[
          { value: NEWEST, label: t('jars.newest') },
          ...(versions.data?.items ?? []).map((one) => ({ value: one.version, label: `${one.version}` })),
        ]}
        onChange={(version) => value && onChange?.(version === NEWEST ? { name: value.name } : { name: value.name, version })}
      />
    </span>
  );
}

interface ListProps {
  team: string;
  jars: readonly ArtifactRef[];
  onChange: (jars: ArtifactRef[]) => void;
  readOnly: boolean;
}

/** The jars beside a job's program, in the order of its class path. */
export function JarList({ team, jars, onChange, readOnly }: ListProps) {
  const { t } = useTranslation();
  const all = useQuery(read.jars(team));
  const free = (all.data?.items ?? []).filter((one) => JARS.includes(one.kind) && !jars.some((jar) => jar.name === one.name));
  return (
    <div className="stack-4" data-testid="jars">
      {jars.map((jar, at) => (
        <div key={jar.name} className="row-tight">
          <JarChoice
            team={team}
            value={jar}
            readOnly={readOnly}
            onChange={(next) => onChange(jars.map((one, place) => (place === at ? next : one)))}
          />
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            disabled={readOnly}
            aria-label={t('jars.remove', { name: jar.name })}
            onClick={() => onChange(jars.filter((_, place) => place !== at))}
          />
        </div>
      ))}
      <Select
        showSearch
        size="small"
        disabled={readOnly}
        data-testid="jar-add"
        aria-label={t('jars.add')}
        suffixIcon={<PlusOutlined />}
        placeholder={t('jars.add')}
        notFoundContent={t('jars.none')}
        value={null}
        options={free.map((one) => ({ value: one.name, label: one.name }))}
        onChange={(name: string | null) => name && onChange([...jars, { name }])}
      />
    </div>
  );
}
