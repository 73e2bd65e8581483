/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue.h"

static const char mailbox_advice[] =
	"In the Exchange Administrator program, open the properties of the Internet "
	"Mail Service and set, on the Internet Mail tab, an administrator mailbox that "
	"exists and can be reached. If it looks right already, choose another one, "
	"press OK, and set it back the same way.";

/* What Q183178 says of the form that shows at boot only. */
static const char mailbox_advice_automatic[] =
	"Starting the service by hand often works, but only until the next boot. To "
	"mend it, set the administrator mailbox anew on the Internet Mail tab of the "
	"service in the Exchange Administrator program: another one, OK, then the "
	"right one, OK.";

/*
 * In order of id. `also_runtime` is set where the text of an event, as far as an article
 * prints it, does not say that the service cannot start: 100, 4014, 4032, 4070, 4131 (no
 * article prints them whole) and 4007 (a listener can be opened anew at any time). 4018
 * says so, although 4116, which comes with it, is known from running services as well
 * (Q293288). 4037 and 4057 are known from running services first (Q168883, Q156063).
 * Nothing but their categories is known of 2003 and 10000, so they are not listed.
 */
static const struct catalogue_entry entries[] = {
	{
		.id = 100,
		.role = ROLE_START_FATAL,
		.also_runtime = true,
		.article = "Q246115",
		.meaning = "the administrator mailbox may not be a valid mailbox",
		.advice = mailbox_advice,
	},
	{
		.id = EVENT_STARTED,
		.role = ROLE_START,
		.article = "Q257618",
		.meaning = "a start of the service was logged, with its build number",
	},
	{
		.id = 1001,
		.role = ROLE_STOP,
		.article = "Q325939",
		.meaning = "the service shut down in good order",
	},
	{
		.id = 2004,
		.role = ROLE_RUNTIME,
		.article = "Q154505",
		.meaning = "a line of the SMTP protocol log, which is switched on",
	},
	{
		.id = 2140,
		.role = ROLE_COMPANION,
		.article = "Q246115 Q191548",
		.meaning = "the general error code of a failed start, not an event of "
			   "its own",
		.advice = "Look for another event of MSExchangeIMC at the same moment: "
			  "it names the reason.",
	},
	{
		.id = 3039,
		.role = ROLE_RUNTIME,
		.article = "Q322829 Q293288",
		.meaning = "the link to the message store broke and is being renewed",
		.advice = "Check the Information Store: if the link stays down, the "
			  "Internet Mail Service stops itself.",
	},
	{
		.id = 4007,
		.role = ROLE_START_FATAL,
		.also_runtime = true,
		.article = "Q193928 Q222553",
		.meaning = "the listening socket could not be bound, port 25 is "
			   "probably taken",
		.advice = "Find what else listens on port 25 (another SMTP service, a "
			  "proxy, a virus scanner) and stop it. With error 10050 check "
			  "the TCP/IP set-up.",
	},
	{
		.id = 4014,
		.role = ROLE_START_FATAL,
		.also_runtime = true,
		.article = "Q148565",
		.meaning = "an entry of the routing by domain is wrong",
		.advice = "Mend or remove the entry that the event names, on the "
			  "Connections tab of the Internet Mail Service.",
	},
	{
		.id = 4018,
		.role = ROLE_START_FATAL,
		.article = "Q163243 Q157042 Q186739 Q192540 Q306308 Q316616 Q262939",
		.meaning = "MAPI could not be initialised",
		.advice = "Check that this server has a private Information Store that "
			  "runs, that the service account may change the system32 folder "
			  "(mapisvc.inf), and that no Logon Only As list shuts the "
			  "service out.",
	},
	{
		.id = 4020,
		.role = ROLE_COMPANION,
		.article = "Q193928 Q222553",
		.meaning = "Windows Sockets could not be initialised, as the event "
			   "4007 with it tells",
		.advice = "Look at event 4007 of the same moment: it carries the "
			  "socket error.",
	},
	{
		.id = 4023,
		.role = ROLE_START_FATAL,
		.article = "Q322829",
		.meaning = "the work threads could not be initialised",
		.advice = "A message may be corrupt: look for the Bad folder of the "
			  "mailbox of the service and empty it. If that does not help, "
			  "install the service again.",
	},
	{
		.id = 4026,
		.role = ROLE_START_FATAL,
		.article = "Q191548",
		.meaning = "MAPI could not be initialised",
		.advice = "Check that the Information Store and the directory run, and "
			  "that the service account may use them.",
	},
	{
		.id = 4032,
		.role = ROLE_START_FATAL,
		.also_runtime = true,
		.article = "Q148565",
		.meaning = "an entry of the routing by domain is wrong",
		.advice = "Mend or remove the entry that the event names, on the "
			  "Connections tab of the Internet Mail Service.",
	},
	{
		.id = 4037,
		.role = ROLE_RUNTIME,
		.article = "Q168883 Q199771 Q189586",
		.meaning = "the service caught an exception of its own, a message may "
			   "be lost",
		.advice = "If the service does not stay up, a message in Imcdata is "
			  "probably corrupt: move the files out of its In and Out "
			  "folders and bring them back in parts.",
	},
	{
		.id = 4056,
		.role = ROLE_START_FATAL,
		.article = "Q182522",
		.meaning = "a delivery route cannot be parsed",
		.advice = "Correct the routes under E-Mail Domain on the Connections "
			  "tab. If the list is garbled, save it with imccopy, empty it, "
			  "restore it and enter the routes anew.",
	},
	{
		.id = 4057,
		.role = ROLE_RUNTIME,
		.article = "Q156063 Q148565",
		.meaning = "a DNS lookup for the routing of mail failed",
		.advice = "Check the DNS servers of the machine, and the routing by "
			  "domain on the Connections tab.",
	},
	{
		.id = 4058,
		.role = ROLE_START_FATAL,
		.article = "Q154589",
		.meaning = "the name resolver cannot be initialised, the DNS domain is "
			   "not set",
		.advice = "Enter a domain name in the DNS settings of TCP/IP, then "
			  "start the service.",
	},
	{
		.id = 4070,
		.role = ROLE_START_FATAL,
		.also_runtime = true,
		.article = "Q231737",
		.meaning = "a temporary message file could not be made",
		.advice = "Check that the folder In below Imcdata is there, and that "
			  "the service account may write to it.",
	},
	{
		.id = EVENT_NO_ADMIN_MAILBOX,
		.role = ROLE_START_FATAL,
		.article = "Q183178",
		.meaning = "the administrator mailbox is not set, is wrong, or cannot "
			   "be reached",
		.advice = mailbox_advice,
	},
	{
		.id = 4072,
		.role = ROLE_COMPANION,
		.article = "Q183178",
		.meaning = "comes with event 4071, about the administrator mailbox",
		.advice = "Look at event 4071 of the same moment.",
	},
	{
		.id = 4074,
		.role = ROLE_START_FATAL,
		.article = "Q156229",
		.meaning = "the routing table could not be read",
		.advice = "Wait a few minutes and start the service again. If it fails "
			  "still, check that the address type on the Internet Mail tab "
			  "is SMTP, and the Connections and Address Space tabs.",
	},
	{
		.id = 4081,
		.role = ROLE_RUNTIME,
		.article = "Q163080",
		.meaning = "the content of a message could not be converted",
		.advice = "Install the code page for the character set that the "
			  "message names.",
	},
	{
		.id = 4086,
		.role = ROLE_START_FATAL,
		.article = "Q298565 Q189730 Q155814",
		.meaning = "the configuration could not be loaded from the directory "
			   "or the registry",
		.advice = "Check that the directory service runs, that SiteDN in the "
			  "registry names this site, and which account the service logs "
			  "on as.",
	},
	{
		.id = 4087,
		.role = ROLE_START_FATAL,
		.article = "Q182346 Q200092",
		.meaning = "the interface for viewing the queues could not be "
			   "registered",
		.advice = "A network service or protocol of the machine is broken: "
			  "remove the SNMP service or Services for Macintosh and install "
			  "it again, then the protocols one at a time.",
	},
	{
		.id = 4092,
		.role = ROLE_COMPANION,
		.article = "Q191548",
		.meaning = "seen together with other events when the service does not "
			   "start",
		.advice = "Look for events 4018 and 4086 of the same moment.",
	},
	{
		.id = 4102,
		.role = ROLE_STOP,
		.article = "Q232279 Q293288 Q325939",
		.meaning = "the service shuts itself down after an error of the "
			   "message store",
		.advice = "Look for event 4182: it names the file in Imcdata that "
			  "could not be processed. Move that file away before the "
			  "service is started.",
	},
	{
		.id = 4106,
		.role = ROLE_RUNTIME,
		.article = "Q199771",
		.meaning = "a dial-up connection could not be made",
		.advice = "Check the logon data of the dial-up entry: its domain is a "
			  "Windows NT domain of at most 15 characters.",
	},
	{
		.id = 4116,
		.role = ROLE_COMPANION,
		.article = "Q163243 Q186739 Q306308 Q322829",
		.meaning = "the messaging software returned an error, a message may be "
			   "held back",
		.advice = "With event 4018 or 4023: see there. Alone: look for "
			  "messages in the Bad folder of the service.",
	},
	{
		.id = 4131,
		.role = ROLE_START_FATAL,
		.also_runtime = true,
		.article = "Q231737",
		.meaning = "an unexpected error, often a missing folder below Imcdata",
		.advice = "Check that the folder In below Imcdata is there, and that "
			  "the service account may write to it.",
	},
	{
		.id = 4143,
		.role = ROLE_START_FATAL,
		.article = "Q173496",
		.meaning = "the service account is no administrator, which SSL asks for",
		.advice = "Make the service account a member of the local or the "
			  "domain group of administrators.",
	},
	{
		.id = 4182,
		.role = ROLE_RUNTIME,
		.article = "Q232279 Q325939 Q322829",
		.meaning = "a message could not be handed to the message store",
		.advice = "The event names the file in Imcdata: move it away if the "
			  "service does not stay up.",
	},
};

/* Names and numbers: [MS-ERREF] 2.2; what they mean for this service: the articles. */
static const struct exit_code_entry exit_codes[] = {
	{2, "a file was not found",
		"Check the path of the service program and its installation."},
	{3, "a path was not found",
		"Check the path of the service program and its installation."},
	{5, "access was denied",
		"Check that the service account may read the program and its folders."},
	{1053, "the service did not answer the start request in time",
		"Check the account it logs on as: with LocalSystem it hangs in this "
		"way (Q155814)."},
	{1058, "the service is disabled",
		"Set its start type to automatic, then start it."},
	{1066, "the service ended with an error code of its own",
		"Look for an event of MSExchangeIMC at the same moment."},
	{1067, "the process ended unexpectedly",
		"Check that the administrator mailbox has an X.400 address (Q149542), "
		"and Imcdata for a corrupt message (Q168883)."},
	{1068, "a service that it depends on did not start",
		"Start the Information Store, the message transfer agent and TCP/IP "
		"first (Q143380)."},
	{1069, "the service account could not log on",
		"Check the password of the service account, and that it may log on as "
		"a service."},
	{1070, "the service hung while starting",
		"A large directory can make a start long (Q185996). Else look for an "
		"event of MSExchangeIMC at the same moment."},
	{1075, "a service that it depends on does not exist",
		"Check that TCP/IP is installed and that the machine was restarted "
		"since (Q191548)."},
	{1077, "no start was tried since the last boot",
		"Set the start type to automatic, or start the service."},
	{2140, "the service reported an internal error while starting",
		"Look for an event of MSExchangeIMC at the same moment: it names the "
		"reason."},
	{2186, "the service did not respond to the control function",
		"Check the account it logs on as: with LocalSystem it hangs in this "
		"way (Q155814)."},
	{10048, "the network address is in use already",
		"Find what else listens on port 25, and stop it (Q193928 Q222553)."},
	{10049, "the network address is not one of this machine",
		"Check the IP addresses and the DNS entry of the machine."},
	{10050, "the network is down",
		"Check the TCP/IP set-up of the machine (Q193928)."},
};

static const struct catalogue_entry local_system = {
	.id = 4086,
	.role = ROLE_START_FATAL,
	.article = "Q155814",
	.meaning = "the service logs on as LocalSystem, which cannot read its "
		   "configuration",
	.advice = "Under Services in the Control Panel let it log on as the Exchange "
		  "service account, then start it.",
};

const struct catalogue_entry *catalogue_find(uint32_t event_id)
{
	uint16_t id = event_id & 0xFFFF;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (entries[i].id == id)
			return &entries[i];
	}
	return NULL;
}

enum role catalogue_role(uint32_t event_id)
{
	const struct catalogue_entry *entry = catalogue_find(event_id);
	return entry != NULL ? entry->role : ROLE_RUNTIME;
}

const struct catalogue_entry *catalogue_entries(size_t *ret_count)
{
	*ret_count = sizeof(entries) / sizeof(entries[0]);
	return entries;
}

const char *catalogue_advice_4071(bool is_automatic)
{
	return is_automatic ? mailbox_advice_automatic : mailbox_advice;
}

const struct exit_code_entry *exit_code_find(uint32_t code)
{
	for (size_t i = 0; i < sizeof(exit_codes) / sizeof(exit_codes[0]); i++) {
		if (exit_codes[i].code == code)
			return &exit_codes[i];
	}
	return NULL;
}

const struct exit_code_entry *exit_code_entries(size_t *ret_count)
{
	*ret_count = sizeof(exit_codes) / sizeof(exit_codes[0]);
	return exit_codes;
}

const struct catalogue_entry *catalogue_local_system(void)
{
	return &local_system;
}
