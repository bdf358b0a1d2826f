import { Input, Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ProgramJar } from '../draft-edit';
import { JarChoice } from './jar-choice';

interface Props {
  team: string;
  value?: ProgramJar;
  onChange?: (jar: ProgramJar) => void;
  /** Whether the job has pods of its own, in which its jar can already be. */
  own: boolean;
  readOnly?: boolean;
}

const EXAMPLE = 'local:///opt/flink/usrlib/orders.jar';

/** Where the jar of a program is: an artifact of the team, or, with a cluster of its own, a file of the image or of a mount. */
export function ProgramJarChoice({ team, value, onChange, own, readOnly }: Props) {
  const { t } = useTranslation();
  const local = value?.jarUri !== undefined;
  return (
    <div className="stack-4">
      {(own || local) && (
        <Segmented<'artifact' | 'local'>
          size="small"
          data-testid="jar-place"
          disabled={readOnly === true}
          value={local ? 'local' : 'artifact'}
          options={[
            { value: 'artifact', label: t('program.jarArtifact') },
            { value: 'local', label: t('program.jarLocal') },
          ]}
          onChange={(where) => onChange?.(where === 'local' ? { jarUri: '' } : {})}
        />
      )}
      {local ? (
        <Input
          className="mono"
          size="small"
          spellCheck={false}
          data-testid="jar-uri"
          aria-label={t('program.jarLocal')}
          placeholder={EXAMPLE}
          disabled={readOnly === true}
          value={value.jarUri}
          onChange={(event) => onChange?.({ jarUri: event.target.value })}
        />
      ) : (
        <JarChoice
          team={team}
          {...(value?.jar ? { value: value.jar } : {})}
          readOnly={readOnly === true}
          onChange={(jar) => onChange?.({ jar })}
        />
      )}
    </div>
  );
}
