import { Button, type ButtonProps, Tooltip } from 'antd';
import type { Verdict } from '../nouns';

type Props = Omit<ButtonProps, 'disabled'> & {
  /** What the server says about this action. */
  action: Verdict;
  /** A reason of this page's own, e.g. unsaved text. */
  but?: string | undefined;
};

/** A button that the server allows or refuses; refused, it stays focusable and its reason is the tooltip. */
export function ActionButton({ action, but, children, ...rest }: Props) {
  const reason = action.allowed ? but : action.reason;
  const button = (
    <Button {...rest} disabled={reason !== undefined}>
      {children}
    </Button>
  );
  if (reason === undefined) return button;
  return (
    <Tooltip title={reason}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a disabled button has no focus, its reason must be reachable by keyboard */}
      <span className="disabled-button" tabIndex={0} role="note" aria-label={reason}>
        {button}
      </span>
    </Tooltip>
  );
}
