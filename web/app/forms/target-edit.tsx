import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Drawer, Form, Input } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Target } from '../nouns';
import { KeyValues } from '../parts/key-values';
import { ProblemAlert } from '../parts/problem-alert';
import { atField, TargetAccess } from '../parts/target-access';
import { TargetChecks } from '../parts/target-checks';
import { TargetMore } from '../parts/target-more';
import { read } from '../queries/read';
import { write } from '../queries/write';
import { keyMessages, type TargetText, targetOf, testOf, textOf } from '../target-edit';

const EXAMPLE_STATE = 's3://bucket/flink';

/** Makes a target, or changes one; it can be tested as it is typed. */
export function TargetEdit({ target, onClose }: { target?: Target; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState<TargetText>(() => textOf(target));
  const set = (more: Partial<TargetText>) => setText((before) => ({ ...before, ...more }));
  // What was tested: a report of something else is not shown.
  const place = JSON.stringify(testOf(text, target));
  const test = useMutation({
    mutationFn: async () => ({ of: place, report: await write.testTargetPlace(testOf(text, target)) }),
  });
  const save = useMutation({
    mutationFn: () => (target ? write.changeTarget(target.id, target.revision, targetOf(text)) : write.createTarget(targetOf(text))),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: read.targets().queryKey });
      onClose();
    },
  });
  // Of the two the newer says what is wrong.
  const ask = () => {
    save.reset();
    test.mutate();
  };
  const keep = () => {
    test.reset();
    save.mutate();
  };
  const wrong = atField(save.error ?? test.error);
  const report = test.data?.of === place ? test.data.report : undefined;
  const seen = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (report) seen.current?.scrollIntoView({ block: 'nearest' });
  }, [report]);
  const ready = text.namespace.trim() !== '' && (text.kind !== 'file' || text.path.trim() !== '');
  return (
    <Drawer
      open
      size={720}
      title={target ? t('targets.change', { name: target.name }) : t('targets.new')}
      onClose={onClose}
      data-testid="target-dialog"
      footer={
        <div className="stack-8">
          <ProblemAlert error={save.error ?? test.error} />
          <div className="row">
            <Button loading={test.isPending} disabled={!ready} data-testid="target-try" onClick={ask}>
              {t('targets.test')}
            </Button>
            <span className="grow" />
            <Button onClick={onClose}>{t('goBack')}</Button>
            <Button type="primary" loading={save.isPending} data-testid="target-confirm" onClick={keep}>
              {target ? t('targets.save') : t('targets.add')}
            </Button>
          </div>
        </div>
      }
    >
      <Form layout="vertical" requiredMark={false} className="tight-form">
        <Form.Item label={t('targets.name')} {...wrong('name')}>
          <Input
            autoFocus={!target}
            aria-label={t('targets.name')}
            data-testid="target-name"
            value={text.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </Form.Item>
        <TargetAccess text={text} set={set} stored={target} error={save.error ?? test.error} />
        {report && (
          <div className="try" ref={seen}>
            <TargetChecks report={report} />
          </div>
        )}
        <Form.Item label={t('targets.stateRoot')} extra={t('targets.stateRootMeans')} {...wrong('stateRoot')}>
          <Input
            className="mono"
            spellCheck={false}
            aria-label={t('targets.stateRoot')}
            placeholder={EXAMPLE_STATE}
            value={text.stateRoot}
            onChange={(event) => set({ stateRoot: event.target.value })}
          />
        </Form.Item>
        <Form.Item>
          <Checkbox
            checked={text.highAvailability && text.stateRoot.trim() !== ''}
            disabled={text.stateRoot.trim() === ''}
            onChange={(event) => set({ highAvailability: event.target.checked })}
          >
            {t('targets.highAvailability')}
          </Checkbox>
        </Form.Item>
        <Form.Item label={t('targets.images')} extra={t('targets.imagesMeans')} {...wrong('images')}>
          <KeyValues
            pairs={text.images}
            onChange={(images) => set({ images })}
            problems={keyMessages(save.error, 'images')}
            words={{
              key: t('targets.imageVersion'),
              value: t('targets.image'),
              add: t('targets.imageAdd'),
              twice: t('targets.imageTwice'),
            }}
          />
        </Form.Item>
        <TargetMore text={text} set={set} error={save.error} />
      </Form>
    </Drawer>
  );
}
