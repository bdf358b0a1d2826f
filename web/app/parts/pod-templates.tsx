import { Button, Form, Modal } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TEMPLATES, type TemplateField, type PodTemplates as Templates } from '../draft-edit';
import { faultsOf } from '../target-edit';
import { YamlEditor } from './yaml-editor';

const EXAMPLE = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: flink-main-container';

interface Props {
  templates: Templates;
  onChange: (field: TemplateField, text: string) => void;
  /** What the last save was refused for. */
  error: unknown;
  fieldProblem: (field: string) => string | undefined;
  readOnly: boolean;
}

const wrong = (message: string | undefined) => (message ? { validateStatus: 'error' as const, help: message } : {});
const linesOf = (text: string) => text.trimEnd().split('\n').length;

function Template({ field, templates, onChange, error, fieldProblem, readOnly }: Props & { field: TemplateField }) {
  const { t } = useTranslation();
  const faults = useMemo(() => faultsOf(error, field), [error, field]);
  const text = templates[field] ?? '';
  return (
    <Form.Item label={t(`targets.${field}`)} {...wrong(fieldProblem(field))}>
      {readOnly ? (
        <pre className="mono yaml-text">{text === '' ? t('templates.none') : text}</pre>
      ) : (
        <YamlEditor
          text={text}
          label={t(`targets.${field}`)}
          example={EXAMPLE}
          faults={faults}
          onChange={(typed) => onChange(field, typed)}
        />
      )}
    </Form.Item>
  );
}

/** What the pods of an application have beyond what its target says: a line for each in the settings, edited in a dialog. */
export function PodTemplates(props: Props) {
  const { templates, fieldProblem, readOnly } = props;
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const problem = TEMPLATES.map(fieldProblem).find((message) => message !== undefined);
  return (
    <fieldset className="plain" data-testid="pod-templates">
      <legend>{t('targets.more.templates')}</legend>
      <Form.Item {...wrong(problem)}>
        <div className="row-tight">
          <span className="grow quiet">
            {TEMPLATES.map((field) => {
              const text = templates[field];
              const said = text === undefined ? t('templates.none') : t('templates.lines', { count: linesOf(text) });
              return <div key={field}>{`${t(`targets.${field}`)}: ${said}`}</div>;
            })}
          </span>
          <Button size="small" data-testid="templates-open" onClick={() => setOpen(true)}>
            {readOnly ? t('templates.show') : t('templates.edit')}
          </Button>
        </div>
      </Form.Item>
      <Modal
        open={open}
        destroyOnHidden
        width={760}
        title={t('targets.more.templates')}
        onCancel={() => setOpen(false)}
        wrapProps={{ 'data-testid': 'templates-dialog' }}
        footer={
          <Button type="primary" data-testid="templates-close" onClick={() => setOpen(false)}>
            {t('templates.done')}
          </Button>
        }
      >
        <p className="quiet form-lead">{t('templates.means')}</p>
        <Form layout="vertical" component="div">
          {TEMPLATES.map((field) => (
            <Template key={field} field={field} {...props} />
          ))}
        </Form>
      </Modal>
    </fieldset>
  );
}
