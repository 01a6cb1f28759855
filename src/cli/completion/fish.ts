import { type CompletedCommand, type CompletionTree, flagsWithValue } from './tree.ts';

/** A script for fish, with what each word means. */
export function fishCompletion(tree: CompletionTree): string {
  const routes = tree.filter(({ path }) => path.length > 0).map(({ path }) => path.join(' '));
  return `# fish completion of fulfillment
function __fulfillment_route
  set -l route
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${flagsWithValue(tree).map(quoted).join(' ')}
        set skip 1
      case '-*'
      case '*'
        set -l longer (string trim -- "$route $word")
        contains -- $longer ${routes.map(quoted).join(' ')}; and set route $longer
    end
  end
  echo "$route"
end
complete -c fulfillment -e
${tree.flatMap(linesOf).join('\n')}
`;
}

/** In fish's single quotes, backslash and quote are escaped. */
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;

function linesOf({ path, commands, options, values }: CompletedCommand): string[] {
  const at = `complete -c fulfillment -n ${quoted(`test (__fulfillment_route) = "${path.join(' ')}"`)}`;
  const about = (text: string) => (text === '' ? '' : ` -d ${quoted(text.split('\n')[0] ?? '')}`);
  return [
    ...commands.map((command) => `${at} -f -a ${quoted(command.name)}${about(command.about)}`),
    ...values.map((value) => `${at} -a ${quoted(value)}`),
    ...options.map(({ flags, about: text, value, choices }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `-l ${quoted(flag.slice(2))}` : `-s ${quoted(flag.slice(1))}`,
      );
      const given = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : value ? ' -r' : '';
      return `${at} ${names.join(' ')}${given}${about(text)}`;
    }),
  ];
}
