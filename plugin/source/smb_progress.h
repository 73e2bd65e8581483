/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SMB_PROGRESS_H
#define IMC_SOURCE_SMB_PROGRESS_H

#include "core/bytes.h"

/*
 * How far an SMB session has come, told by the heads of the server's answers: whoever
 * does the talking may not say at which step it failed. What is found here only names
 * things in messages; it is not to be trusted with more.
 */
enum smb_step {
	SMB_AT_CONNECT,
	SMB_AT_NEGOTIATE,
	SMB_AT_LOGON,
	SMB_AT_TREE,
	SMB_AT_PIPE,
	SMB_AT_CALL
};

struct smb_progress {
	enum smb_step step; /* what is to be answered next */
	unsigned version;   /* of the newest answer's header: 1 or 2; 0: none was seen */
	uint16_t dialect;   /* [MS-SMB2] 2.2.4; 0: SMB1, or not seen */
	uint32_t status;    /* of the newest answer, as the server sent it */
	bool is_signed, is_encrypted; /* the newest answer */
};

/* That many bytes of an answer, with or without the four of its length before them, are
 * enough. */
enum { SMB_HEAD = 4 + 70 };

/* Looks at the head of an answer, or at what is there of it; anything else changes
 * nothing. */
void smb_progress_see(struct smb_progress *progress, struct bytes head);

/* "SMB1 unsigned", "SMB 3.1.1 signed"; NULL where no answer was seen. */
char *smb_progress_level(void *parent, const struct smb_progress *progress);

#endif
