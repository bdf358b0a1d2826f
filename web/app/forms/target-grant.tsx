import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Target } from '../nouns';
import { GrantDialog } from '../parts/grant-dialog';
import { read } from '../queries/read';
import { write } from '../queries/write';

/** Chooses which teams may use a target. */
export function TargetGrant({ target, onClose }: { target: Target; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return (
    <GrantDialog
      title={t('targets.grantTitle', { name: target.name })}
      means={t('targets.grantMeans')}
      now={target}
      save={(values) => write.grantTarget(target.id, values)}
      onSaved={() => void queries.invalidateQueries({ queryKey: read.targets().queryKey })}
      onClose={onClose}
    />
  );
}
