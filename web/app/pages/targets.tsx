import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { TargetEdit } from '../forms/target-edit';
import { TargetGrant } from '../forms/target-grant';
import { TargetTest } from '../forms/target-test';
import { CopyButton } from '../parts/copy';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { TargetTable } from '../parts/target-table';
import { paths } from '../paths';
import { read } from '../queries/read';
import { useTitle } from '../title';

const ROLES = 'streamwright target rbac --namespace flink | kubectl apply -f -';

/** How to begin: the roles first, then the target. */
function Beginning({ add }: { add: () => void }) {
  const { t } = useTranslation();
  return (
    <Empty
      action={
        <Button type="primary" onClick={add}>
          {t('targets.add')}
        </Button>
      }
    >
      <div className="beginning">
        <p>{t('targets.none')}</p>
        <p className="quiet">{t('targets.begin')}</p>
        <div className="secret">
          <code>{ROLES}</code>
          <CopyButton text={ROLES} />
        </div>
      </div>
    </Empty>
  );
}

export function TargetsPage() {
  const { t } = useTranslation();
  const { dialog, of } = useSearch({ from: '/frame/targets' });
  const navigate = useNavigate();
  const me = useQuery(read.me());
  const admin = me.data?.user.platformAdmin === true;
  const targets = useQuery({ ...read.targets(), enabled: admin });
  const chosen = targets.data?.items.find((one) => one.id === of);
  const close = () => void navigate(paths.targets());
  const add = () => void navigate(paths.targets({ dialog: 'new' }));
  useTitle(t('nav.targets'));
  return (
    <section className="stack-12" aria-label={t('nav.targets')}>
      <div className="page-head">
        <h1>{t('nav.targets')}</h1>
        <span className="grow" />
        {admin && (
          <Button type="primary" icon={<PlusOutlined />} data-testid="target-add" onClick={add}>
            {t('targets.add')}
          </Button>
        )}
      </div>
      {me.data && !admin ? (
        <Alert type="info" showIcon title={t('targets.onlyAdmin')} />
      ) : (
        <Loaded query={targets}>
          {({ items }) =>
            items.length === 0 ? (
              <Beginning add={add} />
            ) : (
              <>
                <span className="quiet">{t('targets.means')}</span>
                <TargetTable targets={items} />
              </>
            )
          }
        </Loaded>
      )}
      {dialog === 'new' && <TargetEdit onClose={close} />}
      {dialog === 'edit' && chosen && <TargetEdit key={chosen.id} target={chosen} onClose={close} />}
      {dialog === 'grant' && chosen && <TargetGrant target={chosen} onClose={close} />}
      {dialog === 'test' && chosen && <TargetTest target={chosen} onClose={close} />}
    </section>
  );
}
