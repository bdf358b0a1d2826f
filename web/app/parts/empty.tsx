import { Empty as AntEmpty } from 'antd';
import type { ReactNode } from 'react';

/** Nothing here yet: says so and offers what comes next. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <AntEmpty image={AntEmpty.PRESENTED_IMAGE_SIMPLE} description={children}>
      {action}
    </AntEmpty>
  );
}
