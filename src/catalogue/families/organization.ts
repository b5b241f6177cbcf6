import { family } from '../family.ts'

export const organizations = family({
  name: 'organizations',
  help: 'Rows in the organization table.',
  labels: {},
})

export const organizationMembers = family({
  name: 'organization_members',
  help: 'Rows in the member table, one for each user in each organization.',
  labels: {},
})

export const usersWithoutOrganization = family({
  name: 'users_without_organization',
  help: 'Users, not banned, who belong to no organization: in their grace, created lately, or older.',
  labels: { age: ['grace', 'new', 'old'] },
})

export const usersWithoutOrganizationRatio = family({
  name: 'users_without_organization_ratio',
  help: 'Share of users past their grace, not banned, who belong to no organization.',
  labels: {},
})

export const newestUsersWithoutOrganizationRatio = family({
  name: 'newest_users_without_organization_ratio',
  help: 'Share of the newest users past their grace who belong to no organization; absent when nobody signed up lately.',
  labels: {},
})

export const establishedUsersWithoutOrganizationRatio = family({
  name: 'established_users_without_organization_ratio',
  help: 'Share of the users before those newest who belong to no organization; absent when there are too few of them.',
  labels: {},
})
