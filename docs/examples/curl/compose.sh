. ./demo.env
printf '%%PDF-1.4\n%%%%EOF\n' > cong-van.pdf
curl -sS --fail-with-body -H "Authorization: Bearer $SENDER_KEY" -F "metadata={\"recipients\": [\"$RECEIVER_CODE\"], \"code_number\": \"12\", \"code_notation\": \"UBND-VX\", \"issue_date\": \"2026-11-23\", \"subject\": \"Báo cáo số liệu trường học\"};type=application/json" -F 'files=@cong-van.pdf' "$SENDER_URL/v1/letters?dry_run=true"; echo
