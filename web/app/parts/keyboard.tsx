import { useNavigate } from '@tanstack/react-router';
import { Modal } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { paths } from '../paths';

/** Whether keys typed now belong to a field. */
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

const SEQUENCE_MS = 1_200;

/** The field that `/` goes to: pages mark theirs. */
export const SEARCH_FIELD = 'data-search-field';

function focusSearch() {
  const field = document.querySelector<HTMLElement>(`input[${SEARCH_FIELD}], [${SEARCH_FIELD}] input`);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}

interface Props {
  team: string | undefined;
  help: boolean;
  setHelp: (open: boolean) => void;
}

/** Keys of the whole console, and the sheet that lists them. */
export function Keyboard({ team, help, setHelp }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  useEffect(() => {
    let went = 0;
    const go = (key: string) => {
      if (key === 'v') return void navigate(paths.versions());
      if (!team) return;
      if (key === 'j') void navigate(paths.jobs(team));
      if (key === 'c') void navigate(paths.clusters(team));
      if (key === 'a') void navigate(paths.artifacts(team));
      if (key === 'n') void navigate(paths.jobs(team, { dialog: 'new' }));
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (document.querySelector('.ant-modal-wrap:not([style*="display: none"])')) return;
      const sequence = Date.now() - went < SEQUENCE_MS;
      went = 0;
      if (sequence) go(event.key);
      else if (event.key === 'g') went = Date.now();
      else if (event.key === '/') {
        event.preventDefault();
        focusSearch();
      } else if (event.key === '?') setHelp(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate, setHelp, team]);
  const keys = [
    ['/', t('keys.search')],
    ['g j', t('keys.jobs')],
    ['g c', t('keys.clusters')],
    ['g a', t('keys.artifacts')],
    ['g v', t('keys.versions')],
    ['g n', t('keys.newJob')],
    ['Ctrl-S', t('keys.save')],
    ['Ctrl-Space', t('keys.complete')],
    ['F8', t('keys.nextProblem')],
    ['Esc', t('keys.close')],
    ['?', t('keys.help')],
  ] as const;
  return (
    <Modal open={help} onCancel={() => setHelp(false)} footer={null} title={t('keys.title')} width={420}>
      <table className="keys">
        <tbody>
          {keys.map(([key, means]) => (
            <tr key={key}>
              <th scope="row">
                {key.split(' ').map((one) => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </th>
              <td>{means}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
