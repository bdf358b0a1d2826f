import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { AutoComplete, Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Program } from '../draft-edit';
import { read } from '../queries/read';
import { ProgramJarChoice } from './program-jar';

interface Props {
  team: string;
  program: Program;
  /** Whether the job has pods of its own. */
  own: boolean;
  onChange: (program: Program) => void;
  fieldProblem: (field: string) => string | undefined;
  readOnly: boolean;
}

const wrong = (message: string | undefined) => (message ? { validateStatus: 'error' as const, help: message } : {});

/** A job that is the main class of a jar: which jar, which class, and its arguments one by one, blanks kept. */
export function ProgramSettings({ team, program, own, onChange, fieldProblem, readOnly }: Props) {
  const { t } = useTranslation();
  const { jar } = program;
  const versions = useQuery({ ...read.jars(team, jar?.name ?? ''), enabled: jar !== undefined });
  const items = jar ? (versions.data?.items ?? []) : [];
  const meant = items.find((one) => (jar?.version ? one.version === jar.version : one.newest));
  const classes = meant?.entryClasses ?? [];
  const { args } = program;
  const set = (at: number, arg: string) => onChange({ ...program, args: args.map((one, place) => (place === at ? arg : one)) });
  return (
    <Form layout="vertical" component="div" className="program-settings" data-testid="program">
      <Form.Item label={t('program.jar')} {...wrong(fieldProblem('jar.name') ?? fieldProblem('jarUri') ?? fieldProblem('sql'))}>
        <ProgramJarChoice
          team={team}
          value={program}
          own={own}
          readOnly={readOnly}
          onChange={(where) => {
            const { jar: _, jarUri: __, ...rest } = program;
            onChange({ ...rest, ...where });
          }}
        />
      </Form.Item>
      <Form.Item label={t('program.entryClass')} htmlFor="entry-class" {...wrong(fieldProblem('entryClass'))}>
        <AutoComplete
          id="entry-class"
          className="mono"
          data-testid="entry-class"
          disabled={readOnly}
          allowClear
          placeholder={classes[0] ? t('program.manifest', { name: classes[0] }) : t('program.entryClassExample')}
          value={program.entryClass ?? ''}
          options={classes.map((name) => ({ value: name }))}
          onChange={(name: string | undefined) => {
            const { entryClass: _, ...rest } = program;
            onChange(name ? { ...rest, entryClass: name } : rest);
          }}
        />
      </Form.Item>
      <Form.Item label={t('program.args')} extra={t('program.argsMean')} {...wrong(fieldProblem('args'))}>
        <div className="stack-4">
          {args.map((arg, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an argument is its place; two may be equal.
            <div key={at} className="row-tight">
              <Input.TextArea
                className="mono grow"
                autoSize={{ minRows: 1, maxRows: 8 }}
                spellCheck={false}
                disabled={readOnly}
                data-testid="argument"
                aria-label={t('program.arg', { number: at + 1 })}
                value={arg}
                onChange={(event) => set(at, event.target.value)}
              />
              <Button
                type="text"
                icon={<DeleteOutlined />}
                disabled={readOnly}
                aria-label={t('program.argRemove', { number: at + 1 })}
                onClick={() => onChange({ ...program, args: args.filter((_, place) => place !== at) })}
              />
            </div>
          ))}
          <Button
            size="small"
            type="dashed"
            icon={<PlusOutlined />}
            disabled={readOnly}
            data-testid="argument-add"
            onClick={() => onChange({ ...program, args: [...args, ''] })}
          >
            {t('program.argAdd')}
          </Button>
        </div>
      </Form.Item>
    </Form>
  );
}
