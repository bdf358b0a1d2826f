import { useQuery } from '@tanstack/react-query';
import { AutoComplete } from 'antd';
import { useTranslation } from 'react-i18next';
import type { TeamTarget } from '../nouns';
import { imageOf, versionChoices } from '../place';
import { read } from '../queries/read';

interface Props {
  team: string;
  target: TeamTarget | undefined;
  id?: string;
  value?: string;
  onChange?: (version: string) => void;
  readOnly?: boolean;
}

/** The Flink version of a cluster in Kubernetes: those of the target's images first; any other can be typed. */
export function VersionChoice({ team, target, id, value, onChange, readOnly }: Props) {
  const { t } = useTranslation();
  const installed = useQuery(read.teamFlinkVersions(team));
  const known = (installed.data?.items ?? []).map((one) => one.version);
  return (
    <AutoComplete
      {...(id ? { id } : {})}
      data-testid="flink-version"
      disabled={readOnly === true}
      placeholder={t('place.versionExample')}
      value={value ?? ''}
      filterOption={false}
      options={versionChoices(target, known).map((version) => ({
        value: version,
        label: (
          <span className="version-option" title={imageOf(target, version)}>
            {version} <span className="quiet">{imageOf(target, version)?.split('/').at(-1)}</span>
          </span>
        ),
      }))}
      onChange={(version: string | undefined) => onChange?.((version ?? '').trim())}
    />
  );
}

/** The image that a version runs with. */
export function ImageLine({ target, version }: { target: TeamTarget | undefined; version: string | undefined }) {
  const { t } = useTranslation();
  const image = imageOf(target, version);
  if (!image) return null;
  return (
    <span data-testid="image" className="wrap-anywhere">
      {t('place.image')} <code>{image}</code>
    </span>
  );
}
