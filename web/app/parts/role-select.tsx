import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { ROLES, type Role } from '../nouns';

interface Props {
  id?: string;
  value?: Role;
  onChange?: (role: Role) => void;
  /** The highest role that is offered. */
  most?: Role;
  size?: 'small';
  label?: string;
  loading?: boolean;
}

/** A role of a team, with what it may do. */
export function RoleSelect({ most = 'team_admin', label, ...rest }: Props) {
  const { t } = useTranslation();
  const offered = ROLES.slice(0, ROLES.indexOf(most) + 1);
  return (
    <Select<Role>
      {...rest}
      {...(label ? { 'aria-label': label } : {})}
      popupMatchSelectWidth={false}
      optionLabelProp="label"
      options={offered.map((role) => ({ value: role, label: t(`role.${role}`), title: t(`role.${role}Means`) }))}
      optionRender={({ value }) => (
        <div>
          <div>{t(`role.${value as Role}`)}</div>
          <div className="quiet">{t(`role.${value as Role}Means`)}</div>
        </div>
      )}
    />
  );
}
