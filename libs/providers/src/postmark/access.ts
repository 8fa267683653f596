export interface PostmarkAccess {
  POSTMARK_SERVER_TOKEN: string;
  POSTMARK_BASE_URL: string;
}

export const headersOf = ({ POSTMARK_SERVER_TOKEN: token }: PostmarkAccess) => ({
  'x-postmark-server-token': token,
  accept: 'application/json',
  'user-agent': 'leadstream',
});
