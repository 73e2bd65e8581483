/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "starter.h"

#include "module.h"

static const struct module module = {
	"rpc", "imc-rpc.so", "imc-monitor-rpc", "imc_rpc_starter", "imc_rpc_abi"};

bool starter_find(const struct starter **ret, struct failure *why)
{
	const void *found;
	if (!module_find(&module, &found, why))
		return false;
	*ret = found;
	return true;
}
