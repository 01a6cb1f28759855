import { type CompletedCommand, type CompletionTree, flagsWithValue, singleQuoted } from './tree.ts';

/** A script for bash 4 and later; it needs no bash-completion package. */
export function bashCompletion(tree: CompletionTree): string {
  return `# bash completion of fulfillment
_fulfillment() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local path= word skip= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $skip ]]; then skip=; continue; fi
    case $word in
      ${flagsWithValue(tree).join('|')}) skip=1 ;;
      -*) ;;
      *) case "$path $word" in
${tree
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `        ${singleQuoted(` ${path.join(' ')}`)}) path=" ${path.join(' ')}" ;;`)
  .join('\n')}
      esac ;;
    esac
  done
  local words=
  case "$path" in
${tree.map(caseOf).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # A qualifier goes on with its value.
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _fulfillment fulfillment
`;
}

function caseOf({ path, commands, options, values }: CompletedCommand): string {
  const key = path.length === 0 ? "''" : singleQuoted(` ${path.join(' ')}`);
  const chosen = options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flags, choices }) => `        ${flags.join('|')}) words=${singleQuoted(choices.join(' '))} ;;`);
  const all = [...commands.map(({ name }) => name), ...values, ...options.flatMap(({ flags }) => flags)];
  const otherwise = `words=${singleQuoted(all.join(' '))}`;
  if (chosen.length === 0) return `    ${key}) ${otherwise} ;;`;
  return `    ${key})
      case $previous in
${chosen.join('\n')}
        *) ${otherwise} ;;
      esac ;;`;
}
