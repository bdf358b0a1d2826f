import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { FlinkVersionGrant as Grant } from '../nouns';
import { GrantDialog } from '../parts/grant-dialog';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** Chooses which teams may use a Flink version. */
export function FlinkVersionGrant({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <GrantDialog
      title={t('grant.title', { version: grant.version })}
      means={t('grant.means')}
      now={grant}
      save={(values) => write.grantFlinkVersion(grant.flinkVersionId, values)}
      onSaved={() => void queries.invalidateQueries({ queryKey: read.flinkVersionGrants().queryKey })}
      onClose={onClose}
    />
  );
}
