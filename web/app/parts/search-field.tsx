import { SearchOutlined } from '@ant-design/icons';
import { Input } from 'antd';

interface Props {
  /** What is searched for, shown in the empty field. */
  label: string;
  value: string;
  change: (value: string) => void;
}

/** The search of a page: the key `/` goes to it. */
export function SearchField({ label, value, change }: Props) {
  return (
    <Input
      allowClear
      className="search"
      data-search-field
      data-testid="search"
      prefix={<SearchOutlined />}
      suffix={<kbd>/</kbd>}
      placeholder={label}
      aria-label={label}
      value={value}
      onChange={(event) => change(event.target.value)}
    />
  );
}
