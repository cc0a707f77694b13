"""A watch over every test that has patients: what belongs to them is looked for in all that Slack, logs, jobs and Redis got.

`secrets` is what is looked for, `folding` how it is recognised however it is written, `hearing` what is listened to, `allowed` where what
may be seen, `judging` the verdict, `plugin` the part of pytest that counts and fails.
"""
