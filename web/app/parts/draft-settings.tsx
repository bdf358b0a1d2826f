import { Form, InputNumber } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Spec, withTemplate } from '../draft-edit';
import { placed } from '../place';
import { JarList } from './jar-choice';
import { KeyValues, type Pair } from './key-values';
import { PlaceChoice } from './place-choice';
import { PodTemplates } from './pod-templates';

interface Props {
  team: string;
  spec: Spec;
  pairs: readonly Pair[];
  onPairs: (pairs: Pair[]) => void;
  onSpec: (spec: Spec) => void;
  keyProblems: Readonly<Record<string, string>>;
  fieldProblem: (field: string) => string | undefined;
  /** What the last save was refused for. */
  error: unknown;
  readOnly: boolean;
}

const wrong = (message: string | undefined) => (message ? { validateStatus: 'error' as const, help: message } : {});

/** What belongs to a draft beside its script: where it runs, parallelism, configuration. */
export function DraftSettings({ team, spec, pairs, onPairs, onSpec, keyProblems, fieldProblem, error, readOnly }: Props) {
  const { t } = useTranslation();
  return (
    <Form layout="vertical" component="div" className="draft-settings">
      <PlaceChoice
        team={team}
        place={spec}
        onPlace={(place) => onSpec(placed(spec, place))}
        fieldProblem={fieldProblem}
        readOnly={readOnly}
      />
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
      {spec.application && (
        <PodTemplates
          templates={spec}
          onChange={(field, text) => onSpec(withTemplate(spec, field, text))}
          error={error}
          fieldProblem={fieldProblem}
          readOnly={readOnly}
        />
      )}
    </Form>
  );
}
