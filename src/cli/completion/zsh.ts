import { type CompletedCommand, type CompletionTree, flagsWithValue, singleQuoted } from './tree.ts';

/** A script for zsh's completion system, with what each word means. */
export function zshCompletion(tree: CompletionTree): string {
  return `#compdef fulfillment
# zsh completion of fulfillment
_fulfillment() {
  local route= word skip= i
  local -a described
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    case $word in
      (${flagsWithValue(tree).join('|')}) skip=1 ;;
      (-*) ;;
      (*) case "$route $word" in
${tree
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `        (${singleQuoted(` ${path.join(' ')}`)}) route=" ${path.join(' ')}" ;;`)
  .join('\n')}
      esac ;;
    esac
  done
  case "$route" in
${tree.map(caseOf).join('\n')}
  esac
  _describe -t commands fulfillment described
}
if [[ $funcstack[1] == _fulfillment ]]; then _fulfillment "$@"; else compdef _fulfillment fulfillment; fi
`;
}

const described = (word: string, about: string) =>
  singleQuoted(`${word.replaceAll(':', String.raw`\:`)}:${about.split('\n')[0] ?? ''}`);

function caseOf({ path, commands, options, values }: CompletedCommand): string {
  const key = path.length === 0 ? "''" : singleQuoted(` ${path.join(' ')}`);
  const all = [
    ...commands.map(({ name, about }) => described(name, about)),
    ...values.map((value) => described(value, '')),
    ...options.flatMap(({ flags, about }) => flags.map((flag) => described(flag, about))),
  ];
  const chosen = options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flags, choices }) => {
      const words = choices.map((choice) => described(choice, '')).join(' ');
      return `        (${flags.join('|')}) described=(${words}) ;;`;
    });
  return `    (${key})
      case \${words[CURRENT-1]} in
${[...chosen, `        (*) described=(${all.join(' ')}) ;;`].join('\n')}
      esac ;;`;
}
