# SPDX-License-Identifier: GPL-3.0-or-later
# Completes check_imc, imc-agentd, imc-trap and imc-start in bash(1), with its package
# bash-completion or without. What a value can be is listed below; nothing is asked over
# the network, and of programs only sed(1) is started, for the servers of a configuration.
# What `generate` adds to this file are the tables: $_imc_monitor_options, in each line a
# program, a letter, an option and what its value is, and $_imc_monitor_severities.

# The words up to the cursor, as they were typed: readline splits them at = and :, too.
# Sets `words`, of which the last one is being completed.
_imc_monitor_split() {
	local line=${COMP_LINE:0:COMP_POINT} rest word i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:blank:]]*}"}
		word=${COMP_WORDS[i]}
		if ((i == COMP_CWORD)); then
			word=$rest
		fi
		if ((i > 0)) && [[ $rest == "$line" ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
		line=${rest#"$word"}
	done
}

# The words without their quotes, and `cut`: what of the last one readline keeps, which is
# all that is before an open quote, or else up to the last of its word breaks.
_imc_monitor_unquote() {
	local typed=${words[-1]} plain= quote= kept= one i
	words=("${words[@]//[\"\'\\]/}")
	cut=
	for ((i = 0; i < ${#typed}; i++)); do
		one=${typed:i:1}
		if [[ $one == "$quote" ]]; then
			quote= cut=$kept
		elif [[ $one$quote == \\\" ]]; then
			plain+=${typed:i:2}	# as compgen reads it
			i=$((i + 1))
		elif [[ -n $quote ]]; then
			plain+=$one
		elif [[ $one == [\"\'] ]]; then
			quote=$one kept=$cut cut=$plain
		elif [[ $one == \\ ]]; then
			i=$((i + 1))
			plain+=${typed:i:1}
		else
			plain+=$one
			if [[ $one == [=:] && $COMP_WORDBREAKS == *"$one"* ]]; then
				cut=$plain
			fi
		fi
	done
	words[-1]=$plain
}

# The option of $program that is written so; sets `name` and `argument`.
_imc_monitor_find() {
	local owner letter long kind
	while read -r owner letter long kind; do
		if [[ $owner == "$program" && ($1 == "$letter" || $1 == "$long") &&
			$1 != - ]]; then
			name=$long argument=$kind
			return 0
		fi
	done <<<"$_imc_monitor_options"
	return 1
}

# Letters in one word, as -vS: sets what _imc_monitor_asks_value does for the one that has
# a value.
_imc_monitor_letters() {
	local i
	if [[ $1 == -[[:alpha:]]* ]]; then
		for ((i = 1; i < ${#1}; i++)); do
			head=${1:0:i + 1} value=${1:i + 1}
			_imc_monitor_find "-${1:i:1}" || return
			if [[ $argument != - ]]; then
				return 0
			fi
		done
	fi
	return 1
}

# An option of whose value the word is a part: sets `name`, `argument`, `head` (what stays
# before the value) and `value`. What may be left out stands behind a = only.
_imc_monitor_asks_value() {
	local word=${words[-1]} before=${words[-2]}
	if [[ $word == --*=* ]]; then
		head=${word%%=*}= value=${word#*=}
		_imc_monitor_find "${word%%=*}" && [[ $argument != - ]]
		return
	fi
	value=
	if _imc_monitor_letters "$before" || _imc_monitor_find "$before"; then
		if [[ -z $value && $argument != - && $argument != '['* ]]; then
			head= value=$word
			return 0
		fi
	fi
	_imc_monitor_letters "$word"
}

# Offers those of the other arguments that begin with $1.
_imc_monitor_offer() {
	local begin=$1 one
	shift
	for one; do
		if [[ -n $one && $one == "$begin"* ]]; then
			found+=("$one")
		fi
	done
}

# A path as the shell is going to read it, where that is plain; sets `path`.
_imc_monitor_path() {
	path=${1/#\~\//$HOME/}
	path=${path/#\$HOME\//$HOME/}
	path=${path/#\$\{HOME\}\//$HOME/}
}

# The servers of the configuration that the command line names, or of the usual one.
_imc_monitor_servers() {
	local begin=$value config=/etc/imc-monitor/imc-monitor.conf i list path
	local name argument head value
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		if [[ ${words[i]} == --config ]]; then
			config=${words[i + 1]}
		elif [[ ${words[i]} == --config=* ]]; then
			config=${words[i]#*=}
		elif _imc_monitor_letters "${words[i]}" && [[ $name == --config ]]; then
			config=${value:-${words[i + 1]}}
		fi
	done
	_imc_monitor_path "$config"
	# What has no size, a terminal, a pipe or /proc/kmsg, may have no end.
	if [[ ! -s $path ]]; then
		return
	fi
	list=$(LC_ALL=C sed -n 's/^\[server \([A-Za-z0-9._-]*\)\][[:space:]]*$/\1/p' \
		2>/dev/null <"$path")
	mapfile -t servers <<<"$list"
	_imc_monitor_offer "$begin" "${servers[@]}"
}

# KEY=STATE,KEY=STATE: the last one of them.
_imc_monitor_severity() {
	local item=${value##*,} key before
	before=${value%"$item"}
	compopt -o nospace
	if [[ $item == *=* ]]; then
		_imc_monitor_offer "$value" "$before${item%%=*}="{ok,warning,critical,unknown}
		return
	fi
	for key in $_imc_monitor_severities; do
		_imc_monitor_offer "$value" "$before$key="
	done
}

_imc_monitor_files() {
	local path
	compopt -o filenames
	_imc_monitor_path "$value"
	mapfile -t found < <(compgen "$1" -- "$path")
	# Readline adds a folder's slash where it sees the whole path.
	if [[ $cut != "$head" && ${#found[@]} -eq 1 && -d ${found[0]} ]]; then
		found[0]+=/
		compopt -o nospace
	fi
}

# What the value of an option can be, where that is known.
_imc_monitor_value() {
	case $argument in
	FILE | PATH) _imc_monitor_files -f ;;
	DIR) _imc_monitor_files -d ;;
	HOST) mapfile -t found < <(compgen -A hostname -- "$value") ;;
	SOURCE) _imc_monitor_offer "$value" rpc snmp agent evt ;;
	VERSION) _imc_monitor_offer "$value" 1 2c 3 ;;
	MIN:MAX) _imc_monitor_offer "$value" NT1:{NT1,SMB2,SMB3} SMB2:SMB{2,3} SMB3:SMB3 ;;
	MODE) _imc_monitor_offer "$value" auto off required ;;
	KEY=STATE,...) _imc_monitor_severity ;;
	STATE) _imc_monitor_offer "$value" OK WARNING UNKNOWN CRITICAL ;;
	TYPE) _imc_monitor_offer "$value" SOFT HARD ;;
	'N[:STATE]')
		if [[ $value == *:* ]]; then
			_imc_monitor_offer "$value" "${value%%:*}:"{WARNING,CRITICAL,UNKNOWN}
		fi ;;
	NAME)
		case $name in
		--server) _imc_monitor_servers ;;
		--service) _imc_monitor_offer "$value" MSExchangeIMC ;;
		esac ;;
	esac
}

_imc_monitor_names() {
	local owner letter long kind
	head=
	while read -r owner letter long kind; do
		if [[ $owner == "$program" && $kind == '['* ]]; then
			_imc_monitor_offer "${words[-1]}" "$long="
		elif [[ $owner == "$program" ]]; then
			_imc_monitor_offer "${words[-1]}" "$long"
		fi
	done <<<"$_imc_monitor_options"
	if [[ ${#found[@]} -eq 1 && ${found[0]} == *= ]]; then
		compopt -o nospace
	fi
}

_imc_monitor() {
	local program=${1##*/} name argument head value cut i
	local -a words found=() servers
	# Whatever the user has set.
	local - IFS=$' \t\n'
	set -B
	_imc_monitor_split
	_imc_monitor_unquote
	if _imc_monitor_asks_value; then
		_imc_monitor_value
	else
		_imc_monitor_names
	fi
	COMPREPLY=()
	for i in "${!found[@]}"; do
		name=$head${found[i]}
		COMPREPLY+=("${name#"$cut"}")
	done
}

complete -F _imc_monitor check_imc imc-agentd imc-trap imc-start
