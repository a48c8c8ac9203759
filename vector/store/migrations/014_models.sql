-- Which learned model told a patch (name@revision); none where the mathematics did.
ALTER TABLE tuban.patch ADD COLUMN model text;
