/**
 * Addresses that end inside, each with `{port}` for a port that is watched at 127.0.0.1 and ::1. `outside.test` is a server that
 * may be asked (127.0.0.2): it redirects to what stands in `to`. Names and what they resolve to: NAMES below.
 */
const DIRECT = `
http://127.1:{port}/
http://127.0.1:{port}/
http://127.000.000.001:{port}/
http://0177.0.0.1:{port}/
http://0177.0.0.01:{port}/
http://0177.1:{port}/
http://017700000001:{port}/
http://0x7f.0.0.1:{port}/
http://0x7f.1:{port}/
http://0x7f000001:{port}/
http://0X7F.0X0.0x0.0x1:{port}/
http://2130706433:{port}/
http://127.0.0x0.1:{port}/
http://127.0.0.1.:{port}/
http://0x7f.0.0.01:{port}/
http://127.0.0.1%2e:{port}/
http://127%2e0%2e0%2e1:{port}/
http://%31%32%37.0.0.1:{port}/
http://１２７．０．０．１:{port}/
http://127。0。0。1:{port}/
http://①②⑦.⓪.⓪.①:{port}/
http://0:{port}/
http://0.0.0.0:{port}/
http://0x0:{port}/
http://00000:{port}/
http://0.0:{port}/
http://outside.test@127.0.0.1:{port}/
http://outside.test:80@127.0.0.1:{port}/
http://outside.test%2f@127.0.0.1:{port}/
http://@127.0.0.1:{port}/
http://:@127.0.0.1:{port}/
http://outside.test#@127.1:{port}/
http:127.0.0.1:{port}/
http:/127.0.0.1:{port}/
http:///127.0.0.1:{port}/
http:\\\\127.0.0.1:{port}\\
http:/\\127.0.0.1:{port}/
http://\\127.0.0.1:{port}/
http://loc%61lhost:{port}/
http://ｌｏｃａｌｈｏｓｔ:{port}/
http://localhost.:{port}/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/
http://[0:0:0:0:0:0:0:1]:{port}/
http://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/
http://[::0001]:{port}/
http://[0::1]:{port}/
http://[::ffff:127.0.0.1]:{port}/
http://[::ffff:7f00:1]:{port}/
http://[::FFFF:127.0.0.1]:{port}/
http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/
http://[::127.0.0.1]:{port}/
http://[::7f00:1]:{port}/
http://[::ffff:0:127.0.0.1]:{port}/
http://[64:ff9b::127.0.0.1]:{port}/
http://[64:ff9b::7f00:1]:{port}/
http://[64:ff9b:1::7f00:1]:{port}/
http://[2002:7f00:1::]:{port}/
http://[2001:0:7f00:1::]:{port}/
http://[::]:{port}/
http://[fe80::1]:{port}/
http://[fec0::1]:{port}/
http://[ff02::1]:{port}/
http://[fd00:ec2::254]/latest/meta-data/
http://169.254.169.254/latest/meta-data/
http://0xA9FEA9FE/latest/meta-data/
http://2852039166/latest/meta-data/
http://0251.0376.0251.0376/latest/meta-data/
http://[::ffff:169.254.169.254]/latest/meta-data/
http://100.100.100.200/latest/meta-data/
http://168.63.129.16/metadata/
http://255.255.255.255:{port}/
http://224.0.0.1:{port}/
http://240.0.0.1:{port}/
http://inside.test:{port}/
http://INSIDE.test:{port}/
http://inside.test.:{port}/
http://six.test:{port}/
http://mapped.test:{port}/
http://zero.test:{port}/
http://cloud.test:{port}/
http://both.test:{port}/
http://both-six.test:{port}/
http://rebind.test:{port}/
http://127.0.0.1.nip.test:{port}/
http://xn--inside-test.test:{port}/
http://private.test:{port}/
//127.0.0.1:{port}/
file:///etc/passwd
file://127.0.0.1/etc/passwd
gopher://127.0.0.1:{port}/_GET%20/
dict://127.0.0.1:{port}/d
ftp://127.0.0.1:{port}/
ldap://127.0.0.1:{port}/
ws://127.0.0.1:{port}/
unix:///var/run/docker.sock
http+unix://%2Fvar%2Frun%2Fdocker.sock/info
jar:http://127.0.0.1:{port}/!/
data:application/json,%7B%7D
`
  .trim()
  .split('\n');

/** Where `outside.test` redirects to, with the status it does that with. */
const REDIRECTS: readonly (readonly [number, string])[] = [
  [301, 'http://127.0.0.1:{port}/'],
  [302, 'http://localhost:{port}/'],
  [303, 'http://[::1]:{port}/'],
  [307, 'http://127.0.0.1:{port}/'],
  [308, 'http://127.0.0.1:{port}/'],
  [302, 'http://0177.0.0.1:{port}/'],
  [302, '//127.0.0.1:{port}/'],
  [302, 'http://inside.test:{port}/'],
  [302, 'http://rebind.test:{port}/'],
  [302, 'http://169.254.169.254/latest/meta-data/'],
  [302, 'file:///etc/passwd'],
  [302, 'http://outside.test:{port}/redirect/302?to=http%3A%2F%2F127.0.0.1%3A{port}%2F'],
];

export const SSRF_ADDRESSES: readonly string[] = [
  ...DIRECT,
  ...REDIRECTS.map(
    ([status, to]) => `http://outside.test:{port}/redirect/${status}?to=${encodeURIComponent(to)}`,
  ),
];

/** What names resolve to, the first time and the second. */
export const NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'outside.test': [['127.0.0.2']],
  'inside.test': [['127.0.0.1']],
  'inside.test.': [['127.0.0.1']],
  'localhost.': [['127.0.0.1']],
  'xn--inside-test.test': [['127.0.0.1']],
  '127.0.0.1.nip.test': [['127.0.0.1']],
  'six.test': [['::1']],
  'mapped.test': [['::ffff:127.0.0.1']],
  'zero.test': [['0.0.0.0']],
  'cloud.test': [['169.254.169.254']],
  'private.test': [['10.0.0.1']],
  'both.test': [['127.0.0.2', '127.0.0.1']],
  'both-six.test': [['127.0.0.2', '::1']],
  // harmless when it is looked at, and another when it is connected to
  'rebind.test': [['127.0.0.2'], ['127.0.0.1']],
};

/** The one address inside that may be asked in these tests. */
export const OUTSIDE = '127.0.0.2/32';
